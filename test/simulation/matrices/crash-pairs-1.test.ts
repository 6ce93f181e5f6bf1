import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { crashPairs } from './crash-pairs.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('processes that die in sequence', () => {
  it('keep all promises when they die at any two points of a life: part 1 of 4', async () => {
    const { lives, failures } = await runMatrices(await crashPairs(0, 4));
    expect(failures).toEqual([]);
    expect(lives).toBeGreaterThan(1_500);
  });
});
