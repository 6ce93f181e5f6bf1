import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import type { Wallets } from '../../../src/accounts/instances/known-instances.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { knownWith, listOf, nameless, OTHERS, QUIET_MS, scope } from '../support/lists.ts';

const DOWN = failure({ reason: 'ApiUnavailable' });
const REFUSED = failure({ reason: 'Unauthorized' });

describe('the doubt of a GpuPod', () => {
  it.each<{ name: string; wallets: Wallets; failure: Failure; afterMs: number; reason: string | undefined }>([
    {
      name: 'begins only after the quiet time, because such a failure often passes',
      wallets: 'all',
      failure: DOWN,
      afterMs: QUIET_MS - 1,
      reason: undefined,
    },
    {
      name: 'begins when the failure lasts',
      wallets: 'all',
      failure: DOWN,
      afterMs: QUIET_MS,
      reason: DOWN.reason,
    },
    {
      name: 'begins at once when the key is refused',
      wallets: ['t-1'],
      failure: REFUSED,
      afterMs: 0,
      reason: REFUSED.reason,
    },
    {
      name: 'does not begin when its wallet is another',
      wallets: [undefined],
      failure: REFUSED,
      afterMs: QUIET_MS,
      reason: undefined,
    },
    {
      name: 'begins at once when its team is not listed',
      wallets: ['t-9'],
      failure: DOWN,
      afterMs: 0,
      reason: 'NotAllowed',
    },
  ])('$name', async ({ wallets, failure: failed, afterMs, reason }) => {
    const { clock, known } = knownWith(['t-1']);
    known.take(listOf(1, []));
    known.fail(['t-1'], failed);
    await clock.advance(afterMs);
    expect(known.view(scope({ wallets }))?.doubt?.reason).toBe(reason);
  });
});

describe('an instance that nobody can name', () => {
  it.each<{ name: string; wallets: Wallets; bound?: readonly string[]; podIds: readonly string[] }>([
    { name: 'concerns each GpuPod of its wallet', wallets: [undefined], podIds: ['p-1'] },
    { name: 'concerns a GpuPod whose wallet is unknown', wallets: 'all', podIds: ['p-1'] },
    { name: 'concerns no GpuPod of another wallet', wallets: ['t-1'], podIds: [] },
    { name: 'concerns no other GpuPod if one has it', wallets: 'all', bound: ['p-1'], podIds: [] },
  ])('$name', ({ wallets, bound, podIds }) => {
    const { known } = knownWith(['t-1'], bound);
    known.take(listOf(1, [nameless('p-1')]));
    known.take(listOf(2, [], { wallet: 't-1' }));
    expect(known.view(scope({ wallets }))?.nameless.map(({ podId }) => podId)).toEqual(podIds);
  });

  it.each<{ name: string; row: { name?: string }; wallets: Wallets; unidentified: number }>([
    {
      name: 'counts for each GpuPod if its row has no ID and no name',
      row: {},
      wallets: 'all',
      unidentified: 1,
    },
    {
      name: 'counts for the GpuPod in its name',
      row: { name: nameOfAttempt(3) },
      wallets: 'all',
      unidentified: 1,
    },
    { name: 'does not count for another GpuPod', row: { name: OTHERS }, wallets: 'all', unidentified: 0 },
    { name: 'does not count in another wallet', row: {}, wallets: ['t-1'], unidentified: 0 },
  ])('$name', ({ row, wallets, unidentified }) => {
    const { known } = knownWith(['t-1']);
    known.take(listOf(1, [], { unidentified: [row] }));
    expect(known.view(scope({ wallets }))?.unidentified).toBe(unidentified);
  });
});
