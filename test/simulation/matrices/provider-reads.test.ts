import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { LOOKS, withCrashes } from './provider-faults.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

describe('wrong answers about pods, alone and with a crash at every point', () => {
  it.each(withCrashes(LOOKS))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
