import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { BEYOND, ORDERS, withCrashes } from './provider-faults.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

describe('an order whose outcome is not known, alone and with a crash at every point', () => {
  it.each(withCrashes(ORDERS))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});

describe('a pod that lists hide for longer than is taken for granted: one is left after two sweeps', () => {
  it.each(withCrashes(BEYOND))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
