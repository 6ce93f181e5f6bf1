import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { crashPairs } from './crash-pairs.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

describe('processes that die one after the other', () => {
  it('at any two points of a life: part 2 of 4', async () => {
    const { lives, failures } = await runMatrices(await crashPairs(1, 4));
    expect(failures).toEqual([]);
    expect(lives).toBeGreaterThan(1_500);
  });
});
