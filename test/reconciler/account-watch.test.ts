import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_LENGTH, truncateMessage } from '../../src/api/conditions.ts';
import { AccountWatch } from '../../src/reconciler/account-watch.ts';

const ORIGIN = 'https://api.primeintellect.ai';
const OURS = 'cmt057f9g0001tl3pyq7ua6o7';
const THEIRS = 'cmu168g0h0002um4qzr8vb7p8';

/** What people read in a condition after a key of `userId` was found. */
async function toldOf(recorded: string, userId = THEIRS): Promise<string> {
  const watch = new AccountWatch({
    provider: { whoami: () => Promise.resolve({ kind: 'ok', value: { userId } }) },
    keyVersion: () => 1,
    origin: ORIGIN,
    recorded,
    clonedFrom: undefined,
    acceptAccount: undefined,
    record: () => Promise.resolve(),
    onChange: () => undefined,
  });
  await watch.check();
  return watch.state.kind === 'changed' ? truncateMessage(watch.state.message) : '';
}

describe('what is told of a key of another account', () => {
  it('names both accounts, what it costs, and the whole way out, within the length of a condition', async () => {
    const told = await toldOf(`${ORIGIN} ${OURS}`);
    expect(told.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    for (const part of [OURS, THEIRS, 'bills', `--accept-account=${THEIRS}.`]) expect(told).toContain(part);
  });

  it('names the other server where that is what changed', async () => {
    expect(await toldOf(`https://old.test ${OURS}`, OURS)).toContain('https://old.test');
  });
});
