import { expect, it, jest } from '@jest/globals';
import { runMatrices } from '../matrix.ts';
import { STANDBYS } from './leaders-and-clocks.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

it('keeps all promises when a standby takes over from a leader that died or froze at any call', async () => {
  const { failures } = await runMatrices(STANDBYS);
  expect(failures).toEqual([]);
});
