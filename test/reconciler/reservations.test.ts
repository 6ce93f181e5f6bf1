import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { InstanceSnapshot } from '../../src/lifecycle/provider.ts';
import { Reservations } from '../../src/reconciler/reservations.ts';
import { POD_ID, gpuPod, rawGpuPod, rentedStatus } from '../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';
import { INSTALLATION, intent, nameOfAttempt } from '../support/builders/intent.ts';
import { aSnapshot } from '../support/builders/snapshots.ts';

const HOUR_MS = 3_600_000;
const ASSUMED = 7_000_000;
const OTHER = 'another uid';

let nowMs: number;
let objects: RawObject[];
let books: Reservations;

beforeEach(() => {
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  objects = [];
  books = new Reservations({
    view: { list: () => objects },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => Promise.resolve() },
    installation: INSTALLATION,
    timings: { settleMs: 90_000, goneSpacingMs: 30_000 },
    assumedPrice: ASSUMED,
  });
});

/** A complete list, a minute after the one before. */
function list(...instances: readonly InstanceSnapshot[]): void {
  nowMs += 100_000;
  takeAt(nowMs, instances);
}

function takeAt(
  beganAtMs: number,
  instances: readonly InstanceSnapshot[] = [],
  complete: readonly (string | undefined)[] = [undefined],
): void {
  books.takeInventory({ instances, beganAtMs }, new Set(complete));
}

function rented(overrides: GpuPodOverrides = {}): RawObject {
  return rawGpuPod({ intent: intent(), ...overrides, status: rentedStatus(overrides.status) });
}

const LIVE = aSnapshot({ status: 'ACTIVE', priceUsdPerHour: 2.5 });

describe('the books', () => {
  it('read each version of an object once, however often they are asked', () => {
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
    expect(books.elsewhere(OTHER)).toBe(2_500_000);
    expect(reads).toBeGreaterThan(0);
    const before = reads;
    for (let times = 0; times < 10; times += 1) books.elsewhere(OTHER);
    expect(reads).toBe(before);

    objects = [counted(rented())];
    books.elsewhere(OTHER);
    expect(reads).toBe(2 * before);
  });

  it('keep what a GpuPod rents that was looked at, though it is torn out before any list shows it', () => {
    list();
    books.note(gpuPod({ intent: intent(), status: rentedStatus() }));
    expect(books.elsewhere(OTHER)).toBe(1_900_000);
  });

  it('say nothing before the first complete list', () => {
    objects = [rented()];
    expect(books.elsewhere(OTHER)).toBeUndefined();
    expect(books.reserve(OTHER, intent(), 100_000_000)).toBe(false);
    expect(books.reserve(OTHER, intent(), undefined)).toBe(true);
  });

  it.each<{ why: string; objects: RawObject[]; listed: readonly InstanceSnapshot[]; micros: number }>([
    { why: 'nothing is there', objects: [], listed: [], micros: 0 },
    { why: 'a rented one is too young for lists', objects: [rented()], listed: [], micros: 1_900_000 },
    {
      why: 'what it bills counts, where that is more',
      objects: [rented()],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'the list says less than the offer did',
      objects: [rented()],
      listed: [aSnapshot({ priceUsdPerHour: 1 })],
      micros: 1_900_000,
    },
    { why: 'an instance without an object', objects: [], listed: [LIVE], micros: 2_500_000 },
    { why: 'one that states no price', objects: [], listed: [aSnapshot()], micros: ASSUMED },
    {
      why: 'one that is ending bills',
      objects: [],
      listed: [aSnapshot({ status: 'DELETING', priceUsdPerHour: 2 })],
      micros: 2_000_000,
    },
    {
      why: 'one that has ended',
      objects: [],
      listed: [aSnapshot({ status: 'TERMINATED', priceUsdPerHour: 2 })],
      micros: 0,
    },
    {
      why: 'somebody else’s',
      objects: [],
      listed: [aSnapshot({ name: 'mine', priceUsdPerHour: 2 })],
      micros: 0,
    },
    {
      why: 'a duplicate counts beside it',
      objects: [rented()],
      listed: [LIVE, { ...LIVE, podId: 'pod-2', name: nameOfAttempt(2) }],
      micros: 5_000_000,
    },
    { why: 'an order on its way', objects: [rawGpuPod({ intent: intent() })], listed: [], micros: 1_900_000 },
    {
      why: 'an order whose instance the list shows counts once',
      objects: [rawGpuPod({ intent: intent() })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'the same, with its name cut',
      objects: [rawGpuPod({ intent: intent() })],
      listed: [{ ...LIVE, name: nameOfAttempt(1).slice(0, 43) }],
      micros: 2_500_000,
    },
    {
      why: 'a status that lost its cost: the order says it',
      objects: [rented({ status: { cost: undefined } })],
      listed: [],
      micros: 1_900_000,
    },
    {
      why: 'one that was seen to end, whatever an older list says',
      objects: [rented({ status: { terminatedAt: '2026-11-23T11:00:00Z' } })],
      listed: [LIVE],
      micros: 0,
    },
    {
      why: 'an attempt that ended',
      objects: [rawGpuPod({ status: { attempts: [{ number: 1, podId: POD_ID, outcome: 'Ended' }] } })],
      listed: [LIVE],
      micros: 0,
    },
    {
      why: 'released, held by others, and live',
      objects: [rented({ isDeleting: true, finalizers: ['x/y'] })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'released, held by others, and gone',
      objects: [rented({ isDeleting: true, finalizers: ['x/y'] })],
      listed: [],
      micros: 0,
    },
  ])('count $micros: $why', ({ objects: held, listed, micros }) => {
    objects = held;
    list(...listed);
    expect(books.elsewhere(OTHER)).toBe(micros);
  });

  it('strike off what two lists, far enough apart, do not show; the first is not enough', () => {
    list(LIVE);
    nowMs += 60_000;
    takeAt(nowMs);
    expect(books.elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 29_999);
    expect(books.elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 30_000);
    expect(books.elsewhere(OTHER)).toBe(0);
  });

  it('strike off nothing by a list that does not hold its wallet completely', () => {
    list({ ...LIVE, teamId: 'team-a' });
    takeAt(nowMs + 60_000);
    takeAt(nowMs + 120_000);
    expect(books.elsewhere(OTHER)).toBe(2_500_000);
    takeAt(nowMs + 180_000, [], ['team-a']);
    takeAt(nowMs + 240_000, [], ['team-a']);
    expect(books.elsewhere(OTHER)).toBe(0);
  });

  it('keep what its object was torn away from between two lists', () => {
    list();
    objects = [rented()];
    expect(books.elsewhere(OTHER)).toBe(1_900_000);
    objects = [];
    expect(books.elsewhere(OTHER)).toBe(1_900_000);
  });

  it.each(['retained', 'released'] as const)('keep what was %s, and say why it bills', (kind) => {
    list();
    books.keep(POD_ID, gpuPod({ status: rentedStatus() }), kind);
    expect(books.elsewhere(OTHER)).toBe(1_900_000);
    expect(books.unowned().get(kind)).toBe(1_900_000);
    books.ended(POD_ID);
    expect(books.elsewhere(OTHER)).toBe(0);
  });

  it('leave out the object that asks, but not a duplicate of it', () => {
    const raw = rented();
    objects = [raw];
    list(LIVE, { ...LIVE, podId: 'pod-2', name: nameOfAttempt(2) });
    expect(books.elsewhere(raw.metadata.uid)).toBe(2_500_000);
  });
});

describe('a reservation', () => {
  it('is one step: the second of two that fit alone does not', () => {
    list();
    expect(books.reserve('a', intent(), 3_000_000)).toBe(true);
    expect(books.reserve('b', intent(), 3_000_000)).toBe(false);
    books.release('a', { name: intent().name, isCharged: true });
    expect(books.reserve('b', intent(), 3_000_000)).toBe(true);
  });

  it('of prepaid hours counts all of them, for an hour, whatever becomes of the instance', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    expect(books.reserve('a', prepaid, 45_599_999)).toBe(false);
    expect(books.reserve('a', prepaid, 45_600_000)).toBe(true);
    books.release('a', { name: prepaid.name, isCharged: true });
    expect(books.elsewhere('a')).toBe(45_600_000);
    expect(books.elsewhere('b')).toBe(45_600_000);
    nowMs += HOUR_MS;
    expect(books.elsewhere('b')).toBe(0);
  });

  it('of prepaid hours that came to nothing charges nothing', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    books.reserve('a', prepaid, 50_000_000);
    books.release('a', { name: prepaid.name, isCharged: false });
    expect(books.elsewhere('b')).toBe(0);
  });

  it('of prepaid hours counts once beside the instance that came of it, and by the hour afterwards', () => {
    const offer = { ...rentedStatus().offer, prepaidHours: 24 };
    const raw = rented({ status: { offer, createdAt: new Date(nowMs).toISOString() } });
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    list();
    books.reserve(raw.metadata.uid, prepaid, undefined);
    objects = [raw];
    books.release(raw.metadata.uid, { name: prepaid.name, isCharged: true });
    expect(books.elsewhere(OTHER)).toBe(45_600_000);
    nowMs += HOUR_MS;
    expect(books.elsewhere(OTHER)).toBe(1_900_000);
  });
});
