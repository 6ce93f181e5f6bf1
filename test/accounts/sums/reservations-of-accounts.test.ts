import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { CountedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import type { Scope, SumLimit } from '../../../src/accounts/sums/sum-limits.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent, nameOfAttempt } from '../../support/builders/intent.ts';
import {
  ASSUMED,
  LIVE,
  OTHER,
  OWN_KEY,
  ReservationsBench,
  TEAM_B,
  rented,
} from '../support/reservations-bench.ts';
import { gpuPodSource } from '../../support/gpu-pod-source.ts';
import { ANY_PAYER } from '../../support/builders/payers.ts';

let bench: ReservationsBench;

beforeEach(() => {
  bench = new ReservationsBench();
});

describe('the books of several accounts', () => {
  const OF_B = { kind: 'GpuAccount', name: 'default', userId: 'user-b' } as const;
  const LIVE_B = { ...LIVE, podId: 'pod-b', priceUsdPerHour: 4 };
  const SCOPE_B = { account: TEAM_B.name, userId: TEAM_B.userId };

  function podOfB(overrides: GpuPodOverrides = {}): RawObject {
    const status = { ...overrides.status, podId: 'pod-b', account: OF_B };
    return rented({ uid: 'uid-b', namespace: 'team-b', ...overrides, status });
  }

  it('know no total before every account was listed, and before the retained instances are known', () => {
    bench.expected = [OWN_KEY, TEAM_B];
    bench.list();
    expect(bench.reservations.awaited()?.account).toBe(TEAM_B.name);
    expect(bench.reserve(OTHER, intent(), 100_000_000)).toBe(false);
    expect(bench.reservations.awaitedBy(OWN_KEY, false)).toBeUndefined();
    bench.takeAt(bench.nowMs, [], [undefined], TEAM_B);
    expect(bench.reservations.awaited()).toBeUndefined();
    const fresh = new Reservations({
      view: gpuPodSource(() => []),
      clock: {
        nowMs: () => bench.nowMs,
        monotonicMs: () => bench.nowMs,
        sleep: async () => Promise.resolve(),
      },
      installation: INSTALLATION,
      timings: { settleMs: 90_000, settleSpacingMs: 30_000, massAbsenceMs: 30_000, foreignRequestMs: 60_000 },
      assumedPrice: ASSUMED,
      expected: () => [TEAM_B],
      payers: ANY_PAYER,
    });
    fresh.takeInventory(TEAM_B, { instances: [], beganAtMs: bench.nowMs }, new Set([undefined]));
    expect(fresh.awaited()?.account).toBe(TEAM_B.name);
    fresh.takeRetained(TEAM_B, []);
    expect(fresh.awaited()).toBeUndefined();
  });

  it('take the list of one account for that of another with a key of the same user', () => {
    bench.expected = [{ ...TEAM_B, name: 'GpuAccount/team-c/default' }];
    bench.takeAt(bench.nowMs, [], [undefined], TEAM_B);
    expect(bench.reservations.awaited()).toBeUndefined();
  });

  it('know no total before every team of an account was listed', () => {
    const reason = 'ApiUnavailable';
    bench.expected = [{ ...TEAM_B, wallets: [{ wallet: undefined }, { wallet: 'team-x', reason }] }];
    bench.takeAt(bench.nowMs, [], [undefined], TEAM_B);
    expect(bench.reservations.awaited()).toEqual({ account: TEAM_B.name, isTeam: true, reason });
    expect(bench.reserve(OTHER, intent(), 100_000_000)).toBe(false);
    bench.takeAt(bench.nowMs, [], ['team-x'], TEAM_B);
    expect(bench.reservations.awaited()).toBeUndefined();
  });

  it('know no total while only the list of a team is complete', () => {
    bench.expected = [TEAM_B];
    bench.takeAt(bench.nowMs, [], ['team-x'], TEAM_B);
    expect(bench.reservations.awaited()).toEqual({ account: TEAM_B.name, isTeam: false });
  });

  it('count an instance once that two accounts list, as members of one team', () => {
    const ofTeam = { ...LIVE, teamId: 'team-x' };
    bench.takeAt(bench.nowMs, [ofTeam], [undefined, 'team-x'], OWN_KEY);
    bench.takeAt(bench.nowMs, [ofTeam], [undefined, 'team-x'], TEAM_B);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
  });

  it('keep an instance that only lists of other accounts do not show', () => {
    bench.objects = [podOfB()];
    bench.elsewhere(OTHER);
    bench.objects = [];
    for (let lists = 0; lists < 3; lists += 1) bench.list();
    expect(bench.elsewhere(OTHER)).toBe(1_900_000);
    bench.nowMs += 200_000;
    bench.takeAt(bench.nowMs, [], [undefined], TEAM_B);
    bench.takeAt(bench.nowMs + 60_000, [], [undefined], TEAM_B);
    expect(bench.elsewhere(OTHER)).toBe(0);
  });

  it('are summed up at once as each limit counts them, orphans of the user included', () => {
    bench.objects = [
      podOfB(),
      podOfB({ uid: 'uid-b2', name: 'train-2', status: { podId: 'pod-b2' } }),
      rented({ uid: 'uid-own', status: { podId: 'pod-own' } }),
    ];
    bench.takeAt(bench.nowMs, [{ ...LIVE, podId: 'orphan', priceUsdPerHour: 4 }], [undefined], TEAM_B);
    const { total, ofAccount, namespacesOf, unowned } = bench.reservations.summary();
    const elsewhere = (scope: Scope = {}): object => bench.reservations.elsewhere(OTHER, scope);

    expect(total(undefined)).toEqual(elsewhere());
    expect(ofAccount(SCOPE_B)).toEqual(elsewhere(SCOPE_B));
    expect(ofAccount({ account: 'operator', userId: OWN_KEY.userId })).toEqual(
      elsewhere({ account: 'operator', userId: OWN_KEY.userId }),
    );
    expect(Object.fromEntries(namespacesOf(SCOPE_B, () => []))).toEqual({
      'team-b': elsewhere({ ...SCOPE_B, namespace: 'team-b' }),
    });
    expect(ofAccount(SCOPE_B).instances).toBe(3);
    expect(unowned.get('orphaned')).toBe(4_000_000);
  });

  it('keep what the retained list names of an account that no longer exists', () => {
    const owner = { account: TEAM_B.name, namespace: 'team-b' };
    const entry = { podId: 'pod-b', podName: nameOfAttempt(1), usdPerHour: 4, gpuCount: 8, owner };
    bench.reservations.takeRetained(OWN_KEY, [{ ...entry, account: { userId: 'user-b' } }]);
    for (let lists = 0; lists < 3; lists += 1) bench.list();
    expect(bench.reservations.elsewhere(OTHER, SCOPE_B)).toEqual({
      micros: 4_000_000,
      instances: 1,
      gpus: 8,
    });
  });

  it.each<{ name: string; scope: Scope; instances: number }>([
    { name: 'all of the installation', scope: {}, instances: 4 },
    { name: 'one account, with what nobody names of its user', scope: SCOPE_B, instances: 3 },
    { name: 'its namespace', scope: { ...SCOPE_B, namespace: 'team-b' }, instances: 2 },
    { name: 'another namespace', scope: { ...SCOPE_B, namespace: 'team-z' }, instances: 0 },
    { name: "the operator's own key", scope: { account: 'operator', userId: 'user-1' }, instances: 1 },
  ])('sum up $name', ({ scope, instances }) => {
    bench.objects = [rented(), podOfB()];
    bench.takeAt(bench.nowMs, [LIVE], [undefined], OWN_KEY);
    const orphan = { ...LIVE_B, podId: 'pod-lost', name: nameOfAttempt(7) };
    bench.takeAt(bench.nowMs, [LIVE_B, orphan], [undefined], TEAM_B);
    const owner = { account: TEAM_B.name, namespace: 'team-b' };
    bench.reservations.reserve({ uid: 'uid-c', intent: intent(), owner, session: TEAM_B, limits: [] });
    expect(bench.reservations.elsewhere(OTHER, scope).instances).toBe(instances);
  });

  it.each<{ name: string; podName: string | undefined; namespace: string; isCounted: boolean }>([
    { name: 'its own', podName: nameOfAttempt(7), namespace: 'team-a', isCounted: true },
    { name: 'another', podName: nameOfAttempt(7), namespace: 'team-b', isCounted: false },
    { name: 'one whose name begins the same', podName: nameOfAttempt(7), namespace: 'team', isCounted: true },
    { name: 'one that ends within it', podName: nameOfAttempt(7), namespace: 'tea', isCounted: false },
    {
      name: 'any, where an upstream provider cut the name',
      podName: nameOfAttempt(7).slice(0, 43),
      namespace: 'team-b',
      isCounted: true,
    },
  ])(
    'assign an orphan that only a list shows to the namespaces that its name allows: $name',
    ({ podName = '', namespace, isCounted }) => {
      bench.takeAt(bench.nowMs, [{ ...LIVE_B, name: podName }], [undefined], TEAM_B);
      const scope = { ...SCOPE_B, namespace };
      expect(bench.reservations.elsewhere(OTHER, scope).instances).toBe(isCounted ? 1 : 0);
    },
  );

  it.each<{ name: string; limit: Partial<SumLimit>; session?: CountedAccount; isGranted: boolean }>([
    { name: 'a price that fits exactly', limit: { micros: 5_900_000 }, isGranted: true },
    { name: 'a price that does not', limit: { micros: 5_899_999 }, isGranted: false },
    { name: 'a number of instances that fits', limit: { instances: 2 }, isGranted: true },
    { name: 'a number of instances that does not', limit: { instances: 1 }, isGranted: false },
    { name: 'a number of GPUs that fits', limit: { gpus: 9 }, isGranted: true },
    { name: 'a number of GPUs that does not', limit: { gpus: 8 }, isGranted: false },
    {
      name: 'no list of its account',
      limit: {},
      session: { ...TEAM_B, userId: 'user-z' },
      isGranted: false,
    },
  ])('reserve for $name: $isGranted', ({ limit, session = TEAM_B, isGranted }) => {
    bench.objects = [podOfB({ status: { offer: { ...rentedStatus().offer, gpuCount: 8 } } })];
    bench.takeAt(bench.nowMs, [LIVE_B], [undefined], TEAM_B);
    bench.list();
    const owner = { account: TEAM_B.name, namespace: 'team-b' };
    const limits = [
      { scope: {}, micros: 100_000_000 },
      { scope: SCOPE_B, ...limit },
    ];
    const reserving = { uid: OTHER, intent: intent(), owner, session, limits };
    expect(bench.reservations.reserve(reserving)).toBe(isGranted);
    expect(bench.reservations.elsewhere('nobody').instances).toBe(isGranted ? 2 : 1);
  });
});
