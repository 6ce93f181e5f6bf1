import { describe, expect, it } from '@jest/globals';
import { countedAccount } from '../../src/accounts/session.ts';
import type { AccountState } from '../../src/lifecycle/observation.ts';
import { failure } from '../support/builders/snapshots.ts';

const UNCONFIRMED = { kind: 'fits', unconfirmed: { userId: 'user-a' } } as const;

describe('the account that a sum counts', () => {
  it.each<{ name: string; state: AccountState; userId: string | undefined; reason: string | undefined }>([
    { name: 'is its user', state: { kind: 'fits', userId: 'user-a' }, userId: 'user-a', reason: undefined },
    {
      name: 'is the user that its key should belong to, if the key may not read it',
      state: UNCONFIRMED,
      userId: 'user-a',
      reason: 'AccountUnconfirmed',
    },
    {
      name: 'is that user, and says why it is unknown, while the question for it hangs',
      state: { ...UNCONFIRMED, unanswered: failure({ reason: 'ApiUnavailable' }) },
      userId: 'user-a',
      reason: 'ApiUnavailable',
    },
    {
      name: 'says why nobody knows whose key it is',
      state: { kind: 'unknown', failure: failure({ reason: 'RateLimited' }) },
      userId: undefined,
      reason: 'RateLimited',
    },
    {
      name: 'is only named before its key was checked',
      state: { kind: 'unknown' },
      userId: undefined,
      reason: undefined,
    },
  ])('$name', ({ state, userId, reason }) => {
    const counted = countedAccount({
      name: 'GpuAccount/team-a/default',
      account: { state },
      inventory: { awaited: () => [{ wallet: undefined }] },
    });
    expect([counted.userId, counted.wallets[0]?.reason]).toEqual([userId, reason]);
  });
});
