import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { UNOBSERVED } from './stale-state.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('changes that the watch shows late or never, at every point of a life', () => {
  it.each(UNOBSERVED)('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
