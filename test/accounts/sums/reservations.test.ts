import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { POD_ID, gpuPod, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { ASSUMED, LIVE, OTHER, ReservationsBench, rented } from '../support/reservations-bench.ts';

const HOUR_MS = 3_600_000;

let bench: ReservationsBench;

beforeEach(() => {
  bench = new ReservationsBench();
});

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
    bench.objects = [counted(rented())];
    bench.list(LIVE);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
    expect(reads).toBeGreaterThan(0);
    const before = reads;
    for (let times = 0; times < 10; times += 1) bench.elsewhere(OTHER);
    expect(reads).toBe(before);

    bench.objects = [counted(rented())];
    bench.elsewhere(OTHER);
    expect(reads).toBe(2 * before);
  });

  it('counts the instance of an observed GpuPod that is removed before any list shows it', () => {
    bench.list();
    bench.reservations.note(gpuPod({ intent: intent(), status: rentedStatus() }));
    expect(bench.elsewhere(OTHER)).toBe(1_900_000);
  });

  it('knows no total before the first complete list', () => {
    bench.objects = [rented()];
    expect(bench.reservations.awaited()?.account).toBe('operator');
    expect(bench.reserve(OTHER, intent(), 100_000_000)).toBe(false);
    expect(bench.reserve(OTHER, intent(), undefined)).toBe(true);
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
      why: 'an instance that the status calls terminated, and that a later list shows',
      objects: [rented({ status: { terminatedAt: '2026-11-23T11:00:00Z' } })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'an instance that the status calls terminated, and that no list shows',
      objects: [rented({ status: { terminatedAt: '2026-11-23T11:00:00Z' } })],
      listed: [],
      micros: 0,
    },
    {
      why: 'the instance of a finished attempt, which a later list shows',
      objects: [rawGpuPod({ status: { attempts: [{ number: 1, podId: POD_ID, outcome: 'Ended' }] } })],
      listed: [LIVE],
      micros: 2_500_000,
    },
    {
      why: 'a finished attempt whose instance no list shows',
      objects: [rawGpuPod({ status: { attempts: [{ number: 1, podId: POD_ID, outcome: 'Ended' }] } })],
      listed: [],
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
    bench.objects = held;
    bench.list(...listed);
    expect(bench.elsewhere(OTHER)).toBe(micros);
  });

  it('stops counting an instance that was seen terminated, although an older list shows it, but no later one', () => {
    bench.objects = [rented()];
    bench.list(LIVE);
    bench.reservations.ended(POD_ID);
    bench.objects = [];
    bench.takeAt(bench.nowMs - 1, [LIVE]);
    expect(bench.elsewhere(OTHER)).toBe(0);
    bench.takeAt(bench.nowMs + 1, [LIVE]);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
  });

  it('stops counting an instance that two lists, far enough apart, do not show', () => {
    bench.list(LIVE);
    bench.nowMs += 60_000;
    bench.takeAt(bench.nowMs);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
    bench.takeAt(bench.nowMs + 29_999);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
    bench.takeAt(bench.nowMs + 30_000);
    expect(bench.elsewhere(OTHER)).toBe(0);
  });

  it('keeps counting an instance when the list of its wallet is incomplete', () => {
    bench.list({ ...LIVE, teamId: 'team-a' });
    bench.takeAt(bench.nowMs + 60_000);
    bench.takeAt(bench.nowMs + 120_000);
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
    bench.takeAt(bench.nowMs + 180_000, [], ['team-a']);
    bench.takeAt(bench.nowMs + 240_000, [], ['team-a']);
    expect(bench.elsewhere(OTHER)).toBe(0);
  });

  it('keeps counting an instance whose GpuPod is removed between two lists', () => {
    bench.list();
    bench.objects = [rented()];
    expect(bench.elsewhere(OTHER)).toBe(1_900_000);
    bench.objects = [];
    expect(bench.elsewhere(OTHER)).toBe(1_900_000);
  });

  it.each(['retained', 'released'] as const)(
    'keeps counting a %s instance, and reports the reason',
    (kind) => {
      bench.list();
      bench.reservations.keep(POD_ID, gpuPod({ status: rentedStatus() }), kind);
      expect(bench.elsewhere(OTHER)).toBe(1_900_000);
      expect(bench.reservations.summary().unowned.get(kind)).toBe(1_900_000);
      bench.reservations.ended(POD_ID);
      expect(bench.elsewhere(OTHER)).toBe(0);
    },
  );

  it('leaves out the instance of the requesting GpuPod, but not its duplicate', () => {
    const raw = rented();
    bench.objects = [raw];
    bench.list(LIVE, { ...LIVE, podId: 'pod-2', name: nameOfAttempt(2) });
    expect(bench.elsewhere(raw.metadata.uid)).toBe(2_500_000);
  });
});

describe('reserve', () => {
  it('rejects the second of two reservations that only fit alone', () => {
    bench.list();
    expect(bench.reserve('a', intent(), 3_000_000)).toBe(true);
    expect(bench.reserve('b', intent(), 3_000_000)).toBe(false);
    bench.reservations.release({ name: intent().name, isCharged: false });
    expect(bench.reserve('b', intent(), 3_000_000)).toBe(true);
  });

  it('counts all prepaid hours for one hour, whatever happens to the instance', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    bench.list();
    expect(bench.reserve('a', prepaid, 45_599_999)).toBe(false);
    expect(bench.reserve('a', prepaid, 45_600_000)).toBe(true);
    bench.reservations.release({ name: prepaid.name, isCharged: true });
    expect(bench.elsewhere('a')).toBe(45_600_000);
    expect(bench.elsewhere('b')).toBe(45_600_000);
    bench.reservations.settle(prepaid.name);
    expect(bench.elsewhere('a')).toBe(45_600_000);
    bench.nowMs += HOUR_MS;
    expect(bench.elsewhere('b')).toBe(0);
  });

  it('counts no prepaid hours when the create request charged nothing', () => {
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    bench.list();
    bench.reserve('a', prepaid, 50_000_000);
    bench.reservations.release({ name: prepaid.name, isCharged: false });
    expect(bench.elsewhere('b')).toBe(0);
  });

  it('counts prepaid hours once beside their instance, and the hourly price afterwards', () => {
    const offer = { ...rentedStatus().offer, prepaidHours: 24 };
    const raw = rented({ status: { offer, createdAt: new Date(bench.nowMs).toISOString() } });
    const prepaid = intent({ offer: { prepaidHours: 24 } });
    bench.list();
    bench.reserve(raw.metadata.uid, prepaid, undefined);
    bench.objects = [raw];
    bench.reservations.release({ name: prepaid.name, isCharged: true });
    expect(bench.elsewhere(OTHER)).toBe(45_600_000);
    bench.nowMs += HOUR_MS;
    expect(bench.elsewhere(OTHER)).toBe(1_900_000);
  });
});
