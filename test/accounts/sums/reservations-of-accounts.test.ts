import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { Scope, SumLimit } from '../../../src/accounts/sums/sum-limits.ts';
import type { Lister } from '../../../src/accounts/sums/live-instances.ts';
import type { Owner } from '../../../src/accounts/sums/stated.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';

const ASSUMED = 7_000_000;
const OTHER = 'another uid';
const OWN_KEY: Lister = { name: 'operator', userId: 'user-1', isOwn: true };
const TEAM_B: Lister = { name: 'GpuAccount/team-b/default', userId: 'user-b', isOwn: false };
const OWNER: Owner = { account: 'operator', namespace: 'team-a' };

let nowMs: number;
let objects: RawObject[];
let reservations: Reservations;
let expected: readonly Lister[];

beforeEach(() => {
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  objects = [];
  reservations = new Reservations({
    view: { list: () => objects },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => Promise.resolve() },
    installation: INSTALLATION,
    timings: { settleMs: 90_000, goneSpacingMs: 30_000 },
    assumedPrice: ASSUMED,
    expected: () => expected,
  });
  reservations.takeRetained(OWN_KEY, []);
  reservations.takeRetained(TEAM_B, []);
  expected = [OWN_KEY];
});

/** Takes a complete list, 100 s after the previous one. */
function list(...instances: readonly InstanceSnapshot[]): void {
  nowMs += 100_000;
  takeAt(nowMs, instances);
}

function takeAt(
  beganAtMs: number,
  instances: readonly InstanceSnapshot[] = [],
  complete: readonly (string | undefined)[] = [undefined],
  lister = OWN_KEY,
): void {
  reservations.takeInventory(lister, { instances, beganAtMs }, new Set(complete));
}

/** Micro-dollars per hour of all others. */
function elsewhere(uid: string): number {
  return reservations.elsewhere(uid).micros;
}

function reserve(uid: string, create: Intent, micros: number | undefined): boolean {
  return reservations.reserve(uid, create, OWNER, micros === undefined ? [] : [{ scope: {}, micros }]);
}

function rented(overrides: GpuPodOverrides = {}): RawObject {
  return rawGpuPod({ intent: intent(), ...overrides, status: rentedStatus(overrides.status) });
}

const LIVE = aSnapshot({ status: 'ACTIVE', priceUsdPerHour: 2.5 });

describe('the books of several accounts', () => {
  const OF_B = { kind: 'GpuAccount', name: 'default', userId: 'user-b' } as const;
  const LIVE_B = { ...LIVE, podId: 'pod-b', priceUsdPerHour: 4 };
  const SCOPE_B = { account: TEAM_B.name, userId: TEAM_B.userId };

  function podOfB(overrides: GpuPodOverrides = {}): RawObject {
    const status = { ...overrides.status, podId: 'pod-b', account: OF_B };
    return rented({ uid: 'uid-b', namespace: 'team-b', ...overrides, status });
  }

  it('know no total before every account was listed, and before the retained instances are known', () => {
    expected = [OWN_KEY, TEAM_B];
    list();
    expect(reservations.awaited()).toBe(TEAM_B.name);
    expect(reserve(OTHER, intent(), 100_000_000)).toBe(false);
    expect(reservations.awaited(OWN_KEY)).toBeUndefined();
    takeAt(nowMs, [], [undefined], TEAM_B);
    expect(reservations.awaited()).toBeUndefined();
    const fresh = new Reservations({
      view: { list: () => [] },
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => Promise.resolve() },
      installation: INSTALLATION,
      timings: { settleMs: 90_000, goneSpacingMs: 30_000 },
      assumedPrice: ASSUMED,
      expected: () => [TEAM_B],
    });
    fresh.takeInventory(TEAM_B, { instances: [], beganAtMs: nowMs }, new Set([undefined]));
    expect(fresh.awaited()).toBe(TEAM_B.name);
    fresh.takeRetained(TEAM_B, []);
    expect(fresh.awaited()).toBeUndefined();
  });

  it('take the list of one account for that of another with a key of the same user', () => {
    expected = [{ ...TEAM_B, name: 'GpuAccount/team-c/default' }];
    takeAt(nowMs, [], [undefined], TEAM_B);
    expect(reservations.awaited()).toBeUndefined();
  });

  it('count an instance once that two accounts list, as members of one team', () => {
    const ofTeam = { ...LIVE, teamId: 'team-x' };
    takeAt(nowMs, [ofTeam], [undefined, 'team-x'], OWN_KEY);
    takeAt(nowMs, [ofTeam], [undefined, 'team-x'], TEAM_B);
    expect(elsewhere(OTHER)).toBe(2_500_000);
  });

  it('keep an instance that only lists of other accounts do not show', () => {
    objects = [podOfB()];
    elsewhere(OTHER);
    objects = [];
    for (let lists = 0; lists < 3; lists += 1) list();
    expect(elsewhere(OTHER)).toBe(1_900_000);
    nowMs += 200_000;
    takeAt(nowMs, [], [undefined], TEAM_B);
    takeAt(nowMs + 60_000, [], [undefined], TEAM_B);
    expect(elsewhere(OTHER)).toBe(0);
  });

  it('keep what the retained list names of an account that no longer exists', () => {
    const owner = { account: TEAM_B.name, namespace: 'team-b' };
    const entry = { podId: 'pod-b', podName: nameOfAttempt(1), usdPerHour: 4, gpuCount: 8, owner };
    reservations.takeRetained(OWN_KEY, [{ ...entry, account: { userId: 'user-b' } }]);
    for (let lists = 0; lists < 3; lists += 1) list();
    expect(reservations.elsewhere(OTHER, SCOPE_B)).toEqual({ micros: 4_000_000, instances: 1, gpus: 8 });
  });

  it.each<{ name: string; scope: Scope; instances: number }>([
    { name: 'all of the installation', scope: {}, instances: 4 },
    { name: 'one account, with what nobody names of its user', scope: SCOPE_B, instances: 3 },
    { name: 'its namespace', scope: { ...SCOPE_B, namespace: 'team-b' }, instances: 2 },
    { name: 'another namespace', scope: { ...SCOPE_B, namespace: 'team-z' }, instances: 0 },
    { name: "the operator's own key", scope: { account: 'operator', userId: 'user-1' }, instances: 1 },
  ])('sum up $name', ({ scope, instances }) => {
    objects = [rented(), podOfB()];
    takeAt(nowMs, [LIVE], [undefined], OWN_KEY);
    const orphan = { ...LIVE_B, podId: 'pod-lost', name: nameOfAttempt(7) };
    takeAt(nowMs, [LIVE_B, orphan], [undefined], TEAM_B);
    reservations.reserve('uid-c', intent(), { account: TEAM_B.name, namespace: 'team-b' }, []);
    expect(reservations.elsewhere(OTHER, scope).instances).toBe(instances);
  });

  it.each<{ name: string; limit: Omit<SumLimit, 'scope'>; isGranted: boolean }>([
    { name: 'a price that fits exactly', limit: { micros: 5_900_000 }, isGranted: true },
    { name: 'a price that does not', limit: { micros: 5_899_999 }, isGranted: false },
    { name: 'a number of instances that fits', limit: { instances: 2 }, isGranted: true },
    { name: 'a number of instances that does not', limit: { instances: 1 }, isGranted: false },
    { name: 'a number of GPUs that fits', limit: { gpus: 9 }, isGranted: true },
    { name: 'a number of GPUs that does not', limit: { gpus: 8 }, isGranted: false },
    { name: 'no list of its account', limit: { session: { ...TEAM_B, userId: 'user-z' } }, isGranted: false },
  ])('reserve for $name: $isGranted', ({ limit, isGranted }) => {
    objects = [podOfB({ status: { offer: { ...rentedStatus().offer, gpuCount: 8 } } })];
    takeAt(nowMs, [LIVE_B], [undefined], TEAM_B);
    list();
    const owner = { account: TEAM_B.name, namespace: 'team-b' };
    const limits = [
      { scope: {}, micros: 100_000_000 },
      { scope: SCOPE_B, ...limit },
    ];
    expect(reservations.reserve(OTHER, intent(), owner, limits)).toBe(isGranted);
    expect(reservations.elsewhere('nobody').instances).toBe(isGranted ? 2 : 1);
  });
});
