import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { REFUSALS, withCrashes } from './provider-faults.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('a create request that creates nothing, alone and with a crash at every point', () => {
  it.each(withCrashes(REFUSALS))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
