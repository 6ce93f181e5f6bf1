import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { TERMINATION_REASONS, PEOPLE } from './stale-state.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('actions of people at every point of a life', () => {
  it.each(PEOPLE)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});

describe('faults during a termination', () => {
  it.each(TERMINATION_REASONS)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
