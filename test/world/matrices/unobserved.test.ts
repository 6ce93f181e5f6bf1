import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { UNOBSERVED } from './stale-state.ts';

// Some hundred lives.
jest.setTimeout(10 * 60_000);

describe('what is seen late or not at all, at every point of a life', () => {
  it.each(UNOBSERVED)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
