import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { BEYOND, UNKNOWN_OUTCOMES, withCrashes } from './provider-faults.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('a create request with an unknown outcome, alone and with a crash at every point', () => {
  it.each(withCrashes(UNKNOWN_OUTCOMES))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});

describe('an instance that lists hide for longer than assumed leads to one instance after two sweeps', () => {
  it.each(withCrashes(BEYOND))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
