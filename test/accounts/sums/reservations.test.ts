import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { Lister } from '../../../src/accounts/sums/live-instances.ts';
import type { Owner } from '../../../src/accounts/sums/stated.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { POD_ID, gpuPod, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';

const HOUR_MS = 3_600_000;
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

describe('Reservations', () => {
  it('reads each version of a GpuPod once', () => {
    let reads = 0;
    const counted = (raw: RawObject): RawObject =>
      Object.defineProperty({ ...raw }, 'spec', {
        enumerable: true,
        get: () => {
          reads += 1;
          return raw['spec'];
        },
      });
    objects = [counted(rented())];
    list(LIVE);
    expect(elsewhere(OTHER)).toBe(2_500_000);
    expect(reads).toBeGreaterThan(0);
    const before = reads;
    for (let times = 0; times < 10; times += 1) elsewhere(OTHER);
    expect(reads).toBe(before);

    objects = [counted(rented())];
    elsewhere(OTHER);
    expect(reads).toBe(2 * before);
  });

  it('counts the instance of an observed GpuPod that is removed before any list shows it', () => {
    list();
    reservations.note(gpuPod({ intent: intent(), status: rentedStatus() }));
    expect(elsewhere(OTHER)).toBe(1_900_000);
  });

  it('knows no total before the first complete list', () => {
    objects = [rented()];
    expect(reservations.awaited()).toBe('operator');
    expect(reserve(OTHER, intent(), 100_000_000)).toBe(false);
    expect(reserve(OTHER, intent(), undefined)).toBe(true);
  });

  it.each<{ why: string; objects: RawObject[]; listed: readonly InstanceSnapshot[]; micros: number }>([
    { why: 'there is no instance', objects: [], listed: [], micros: 0 },
    { why: 'the instance is too new for the list', objects: [rented()], listed: [], micros: 1_900_000 },
    {
      why: 'the listed price is higher than the offer',
      objects: [rented()],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'the listed price is lower than the offer',
      objects: [rented()],
      listed: [aSnapshot({ priceUsdPerHour: 1 })],
      micros: 1_900_000,
    },
    { why: 'an orphan', objects: [], listed: [LIVE], micros: 2_500_000 },
    { why: 'an instance without a price', objects: [], listed: [aSnapshot()], micros: ASSUMED },
    {
      why: 'an instance that is being deleted',
      objects: [],
      listed: [aSnapshot({ status: 'DELETING', priceUsdPerHour: 2 })],
      micros: 2_000_000,
    },
    {
      why: 'a terminated instance',
      objects: [],
      listed: [aSnapshot({ status: 'TERMINATED', priceUsdPerHour: 2 })],
      micros: 0,
    },
    {
      why: 'an instance of somebody else',
      objects: [],
      listed: [aSnapshot({ name: 'mine', priceUsdPerHour: 2 })],
      micros: 0,
    },
    {
      why: 'an instance and its duplicate',
      objects: [rented()],
      listed: [LIVE, { ...LIVE, podId: 'pod-2', name: nameOfAttempt(2) }],
      micros: 5_000_000,
    },
    {
      why: 'a create intent without an instance',
      objects: [rawGpuPod({ intent: intent() })],
      listed: [],
      micros: 1_900_000,
    },
    {
      why: 'a create intent whose instance is listed',
      objects: [rawGpuPod({ intent: intent() })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'a create intent whose instance is listed with a truncated name',
      objects: [rawGpuPod({ intent: intent() })],
      listed: [{ ...LIVE, name: nameOfAttempt(1).slice(0, 43) }],
      micros: 2_500_000,
    },
    {
      why: 'a status without its cost, beside a create intent',
      objects: [rented({ status: { cost: undefined } })],
      listed: [],
      micros: 1_900_000,
    },
    {
      why: 'an instance that was observed as terminated, in an older list',
      objects: [rented({ status: { terminatedAt: '2026-11-23T11:00:00Z' } })],
      listed: [LIVE],
      micros: 0,
    },
    {
      why: 'a finished attempt',
      objects: [rawGpuPod({ status: { attempts: [{ number: 1, podId: POD_ID, outcome: 'Ended' }] } })],
      listed: [LIVE],
      micros: 0,
    },
    {
      why: 'a released GpuPod with another finalizer, whose instance runs',
      objects: [rented({ isDeleting: true, finalizers: ['x/y'] })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'a released GpuPod with another finalizer, whose instance is not listed',
      objects: [rented({ isDeleting: true, finalizers: ['x/y'] })],
      listed: [],
      micros: 0,
    },
  ])('counts $micros micro-dollars: $why', ({ objects: held, listed, micros }) => {
    objects = held;
    list(...listed);
    expect(elsewhere(OTHER)).toBe(micros);
  });

  it('stops counting an instance that two lists, far enough apart, do not show', () => {
    list(LIVE);
    nowMs += 60_000;
    takeAt(nowMs);
    expect(elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 29_999);
    expect(elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 30_000);
    expect(elsewhere(OTHER)).toBe(0);
  });

  it('keeps counting an instance when the list of its wallet is incomplete', () => {
    list({ ...LIVE, teamId: 'team-a' });
    takeAt(nowMs + 60_000);
    takeAt(nowMs + 120_000);
    expect(elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 180_000, [], ['team-a']);
    takeAt(nowMs + 240_000, [], ['team-a']);
    expect(elsewhere(OTHER)).toBe(0);
  });

  it('keeps counting an instance whose GpuPod is removed between two lists', () => {
    list();
    objects = [rented()];
    expect(elsewhere(OTHER)).toBe(1_900_000);
    objects = [];
    expect(elsewhere(OTHER)).toBe(1_900_000);
  });

  it.each(['retained', 'released'] as const)(
    'keeps counting a %s instance, and reports the reason',
    (kind) => {
      list();
      reservations.keep(POD_ID, gpuPod({ status: rentedStatus() }), kind);
      expect(elsewhere(OTHER)).toBe(1_900_000);
      expect(reservations.unowned().get(kind)).toBe(1_900_000);
      reservations.ended(POD_ID);
      expect(elsewhere(OTHER)).toBe(0);
    },
  );

  it('leaves out the instance of the requesting GpuPod, but not its duplicate', () => {
    const raw = rented();
    objects = [raw];
    list(LIVE, { ...LIVE, podId: 'pod-2', name: nameOfAttempt(2) });
    expect(elsewhere(raw.metadata.uid)).toBe(2_500_000);
  });
});

describe('reserve', () => {
  it('rejects the second of two reservations that only fit alone', () => {
    list();
    expect(reserve('a', intent(), 3_000_000)).toBe(true);
    expect(reserve('b', intent(), 3_000_000)).toBe(false);
    reservations.release('a', { name: intent().name, isCharged: true });
    expect(reserve('b', intent(), 3_000_000)).toBe(true);
  });

  it('counts all prepaid hours for one hour, whatever happens to the instance', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    expect(reserve('a', prepaid, 45_599_999)).toBe(false);
    expect(reserve('a', prepaid, 45_600_000)).toBe(true);
    reservations.release('a', { name: prepaid.name, isCharged: true });
    expect(elsewhere('a')).toBe(45_600_000);
    expect(elsewhere('b')).toBe(45_600_000);
    nowMs += HOUR_MS;
    expect(elsewhere('b')).toBe(0);
  });

  it('counts no prepaid hours when the create request charged nothing', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    reserve('a', prepaid, 50_000_000);
    reservations.release('a', { name: prepaid.name, isCharged: false });
    expect(elsewhere('b')).toBe(0);
  });

  it('counts prepaid hours once beside their instance, and the hourly price afterwards', () => {
    const offer = { ...rentedStatus().offer, prepaidHours: 24 };
    const raw = rented({ status: { offer, createdAt: new Date(nowMs).toISOString() } });
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    reserve(raw.metadata.uid, prepaid, undefined);
    objects = [raw];
    reservations.release(raw.metadata.uid, { name: prepaid.name, isCharged: true });
    expect(elsewhere(OTHER)).toBe(45_600_000);
    nowMs += HOUR_MS;
    expect(elsewhere(OTHER)).toBe(1_900_000);
  });
});
