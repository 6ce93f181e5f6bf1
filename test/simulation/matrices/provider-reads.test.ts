import { describe, expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { INSTANCE_READS, withCrashes } from './provider-faults.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

describe('wrong answers about instances, alone and with a crash at every point', () => {
  it.each(withCrashes(INSTANCE_READS))('$name', async (matrix) => {
    const { failures } = await runMatrices([matrix]);
    expect(failures).toEqual([]);
  });
});
