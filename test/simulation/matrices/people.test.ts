import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { TERMINATION_REASONS, PEOPLE } from './stale-state.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

describe('what people do at every point of a life', () => {
  it.each(PEOPLE)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});

describe('what befalls a rental that is being ended', () => {
  it.each(TERMINATION_REASONS)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
