import { describe, expect, it } from '@jest/globals';
import type { Failure, InstanceSnapshot, WalletList } from '../../../src/lifecycle/provider.ts';
import type {
  InventoryScope,
  KnownInstances,
  Wallets,
} from '../../../src/accounts/instances/known-instances.ts';
import { nameOfAttempt } from '../../support/builders/intent.ts';
import { aSnapshot, failure, historyRow } from '../../support/builders/snapshots.ts';
import { knownWith, listOf, OTHERS, scope } from '../support/lists.ts';

const DOWN = failure({ reason: 'ApiUnavailable' });

function liveOf(known: KnownInstances, overrides?: Partial<InventoryScope>) {
  return known.view(scope(overrides))?.live.map(({ podId }) => podId);
}

describe('what the lists say about a GpuPod', () => {
  it('is nothing before the first list', () => {
    expect(knownWith().known.view(scope())).toBeUndefined();
  });

  it.each<{
    name: string;
    instance: Partial<InstanceSnapshot>;
    scope?: Partial<InventoryScope>;
    live: boolean;
  }>([
    { name: 'includes an instance with its name prefix', instance: {}, live: true },
    { name: 'includes each attempt', instance: { name: nameOfAttempt(7) }, live: true },
    { name: 'includes a name in capitals', instance: { name: nameOfAttempt(1).toUpperCase() }, live: true },
    { name: 'leaves out an instance of another GpuPod', instance: { name: OTHERS }, live: false },
    {
      name: 'includes its own instance, whatever its name',
      instance: { name: 'renamed' },
      scope: { podId: 'p-1' },
      live: true,
    },
    { name: 'leaves out a terminated instance', instance: { status: 'TERMINATED' }, live: false },
    {
      name: 'includes a terminating instance, because it bills',
      instance: { status: 'DELETING' },
      live: true,
    },
  ])('$name', ({ instance, scope: wanted, live: isLive }) => {
    const { known } = knownWith();
    known.take(listOf(1, [aSnapshot({ podId: 'p-1', ...instance })]));
    expect(liveOf(known, wanted)).toEqual(isLive ? ['p-1'] : []);
    expect(known.isShown('p-1')).toBe(instance.status !== 'TERMINATED');
  });

  it.each<{ name: string; failure?: Failure; live: readonly string[]; beganAtMs: number }>([
    { name: 'follows a complete list', live: ['p-2'], beganAtMs: 2 },
    {
      name: 'keeps what an incomplete list lacks, because that proves no absence',
      failure: DOWN,
      live: ['p-1', 'p-2'],
      beganAtMs: 1,
    },
  ])('$name', ({ failure: failed, live: expected, beganAtMs }) => {
    const { known } = knownWith();
    known.take(listOf(1, [aSnapshot({ podId: 'p-1' })]));
    known.take(listOf(2, [aSnapshot({ podId: 'p-2' })], failed === undefined ? {} : { failure: failed }));
    expect([liveOf(known), known.completeSinceMs('all')]).toEqual([expected, beganAtMs]);
  });

  it('stays as it was when a list fails as a whole', () => {
    const { known } = knownWith();
    known.take(listOf(1, [aSnapshot({ podId: 'p-1' })]));
    known.fail([undefined], DOWN);
    expect([liveOf(known), known.completeSinceMs('all')]).toEqual([['p-1'], 1]);
    expect(known.failing(undefined)).toMatchObject({ failure: DOWN });
  });

  it.each<{ name: string; wallets: Wallets; beganAtMs: number }>([
    { name: 'is as old as the oldest list of its wallets', wallets: ['t-1', undefined], beganAtMs: 3 },
    { name: 'is as new as the list of its only wallet', wallets: ['t-1'], beganAtMs: 5 },
    { name: 'proves no absence while one wallet was never listed', wallets: 'all', beganAtMs: -Infinity },
  ])('$name', ({ wallets, beganAtMs }) => {
    const { known } = knownWith(['t-1', 't-2']);
    known.take(listOf(3, []));
    known.take(listOf(5, [], { wallet: 't-1' }));
    expect(known.view(scope({ wallets }))?.beganAtMs).toBe(beganAtMs);
  });

  it('counts for a team whose own list fails when the list without a team shows its instances', () => {
    const { known } = knownWith(['t-1', 't-2']);
    known.take(listOf(3, [aSnapshot({ teamId: 't-1' })]));
    known.fail(['t-1', 't-2'], DOWN);
    expect(['t-1', 't-2'].map((team) => known.completeSinceMs([team]))).toEqual([3, -Infinity]);
  });

  it('remembers the teams whose instances it has ever shown', () => {
    const { known } = knownWith();
    known.take(listOf(1, [aSnapshot({ teamId: 't-1' })]));
    known.take(listOf(2, [aSnapshot({ teamId: 't-2' })]));
    expect(known.view(scope())?.teamsSeen).toEqual(new Set(['t-1', 't-2']));
  });
});

describe('the history', () => {
  const { terminatedAt: _end, ...live } = historyRow({ podId: 'p-2' });

  it('shows the ended instances with the name prefix or the ID of the GpuPod', () => {
    const { known } = knownWith();
    known.take(listOf(1, []));
    const rows = [
      historyRow({ podId: 'p-1' }),
      live,
      historyRow({ podId: 'p-3', name: OTHERS }),
      historyRow({ podId: 'p-4', name: 'x' }),
    ];
    known.takeHistory(rows);
    known.takeHistory([]);
    expect(known.view(scope({ podId: 'p-4' }))?.ended.map(({ podId }) => podId)).toEqual(['p-1', 'p-4']);
    expect(['p-1', 'p-2', 'p-3'].map((podId) => known.hasEnded(podId))).toEqual([true, false, true]);
  });

  it('remembers the 5000 latest ends', () => {
    const { known } = knownWith();
    known.takeHistory([historyRow({ podId: 'oldest' })]);
    known.takeHistory(
      Array.from({ length: 5_000 }, (_, index) => historyRow({ podId: `p-${index}`, name: 'x' })),
    );
    expect(['oldest', 'p-4999', 'p-0'].map((podId) => known.hasEnded(podId))).toEqual([false, true, true]);
    known.takeHistory([historyRow({ podId: 'latest' })]);
    expect(['p-4999', 'p-0', 'latest'].map((podId) => known.hasEnded(podId))).toEqual([false, true, true]);
  });
});

describe('the wallets that a sum over all instances needs', () => {
  const OWN = { wallet: undefined };

  it.each<{ name: string; team: Partial<WalletList>; shownByOwn?: boolean; needed: readonly object[] }>([
    { name: 'a team that was listed', team: {}, needed: [OWN, { wallet: 'team-x' }] },
    {
      name: 'a team whose list fails, with the reason',
      team: { failure: DOWN },
      needed: [OWN, { wallet: 'team-x', reason: 'ApiUnavailable' }],
    },
    {
      name: 'a team that refuses the key as one that nobody waits for, because anybody may name it',
      team: { failure: failure({ reason: 'Unauthorized', httpStatus: 403 }) },
      needed: [OWN, { wallet: 'team-x', reason: 'Unauthorized', isRefused: true }],
    },
    {
      name: 'no team whose instances the own list of the key shows',
      team: { failure: DOWN },
      shownByOwn: true,
      needed: [OWN],
    },
  ])('include $name', ({ team, shownByOwn = false, needed }) => {
    const { known } = knownWith(['team-x']);
    const shown = shownByOwn ? [aSnapshot({ podId: 'p-1', teamId: 'team-x' })] : [];
    known.take(listOf(1, shown));
    known.take(listOf(1, [], { wallet: 'team-x', ...team }));
    expect(known.awaited()).toEqual(needed);
  });

  it('include the own one of the key even if it is refused', () => {
    const { known } = knownWith();
    known.fail([undefined], failure({ reason: 'Unauthorized', httpStatus: 403 }));
    expect(known.awaited()).toEqual([{ wallet: undefined, reason: 'Unauthorized' }]);
  });
});
