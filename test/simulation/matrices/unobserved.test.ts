import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { UNOBSERVED } from './stale-state.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

describe('what is seen late or not at all, at every point of a life', () => {
  it.each(UNOBSERVED)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
