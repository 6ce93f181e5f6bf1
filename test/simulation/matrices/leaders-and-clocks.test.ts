import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { CLOCKS, LEADERS } from './leaders-and-clocks.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('two processes that both believe that they lead', () => {
  it.each(LEADERS)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});

describe('wrong clocks', () => {
  it.each(CLOCKS)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
