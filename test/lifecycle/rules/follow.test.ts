import { describe, expect, it } from '@jest/globals';
import { followInstance } from '../support/rules.ts';
import { condition } from '../../support/builders/conditions.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import {
  inventory,
  historyRow,
  aSnapshot,
  aReadySnapshot,
  lastSeen,
} from '../../support/builders/snapshots.ts';
import { justNow, read, ready, instance, unready } from '../support/instances.ts';
import type { Row } from '../support/instances.ts';
import { outline, restOf, statusOf } from '../support/outline.ts';

describe('following an instance that has ended', () => {
  it.each<Row>([
    {
      name: 'nothing rented',
      known: { gpuPod: gpuPod() },
      expected: { step: '-' },
      why: 'there is no instance',
    },
    {
      name: 'a ready instance that ended',
      known: { gpuPod: ready, inventory: inventory({ ended: [historyRow()] }) },
      expected: {
        step: 'writeStatus',
        Ready: 'Interrupted',
        Stalled: 'Interrupted',
        Provisioned: 'Lost',
        Reconciling: null,
      },
      why: 'its work is lost: a person decides whether to pay again',
    },
    {
      name: 'a ready instance that vanished',
      known: { gpuPod: ready, ...instance({ missing: 2, read: read('notFound') }) },
      expected: { step: 'writeStatus', Ready: 'Lost', Stalled: 'Lost', Provisioned: 'Lost' },
      why: 'its work is lost too, although nobody reported its end',
    },
    {
      name: 'a starting instance that ended',
      known: { gpuPod: unready, inventory: inventory({ ended: [historyRow()] }) },
      expected: {
        step: 'writeStatus',
        Ready: 'Terminated',
        Stalled: null,
        Reconciling: 'Searching',
        Provisioned: 'Lost',
      },
      why: 'it did no work: the next offer is tried',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed(known)))).toMatchObject(expected);
  });

  it.each([
    { name: 'ready', gpuPod: ready, outcome: 'Ended', reason: 'Interrupted', failed: 0 },
    { name: 'starting', gpuPod: unready, outcome: 'Failed', reason: 'Lost', failed: 1 },
  ])('is recorded as $outcome $reason if it was $name', ({ gpuPod: rented, outcome, reason, failed }) => {
    const known = observed({ gpuPod: rented, inventory: inventory({ ended: [historyRow()] }) });
    expect(statusOf(followInstance(known))).toMatchObject({
      attempts: [{ outcome, reason }],
      failedAttempts: failed,
    });
  });
});

describe('following an instance without a recent snapshot', () => {
  it.each<Row>([
    {
      name: 'no snapshot yet',
      known: instance({ sinceMs: justNow }),
      expected: { step: 'rest', Ready: null },
      why: 'the first poll will show it',
    },
    {
      name: 'last seen 599.999 s ago',
      known: { lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 599_999 }) },
      expected: { step: 'rest', Ready: 'Provisioning' },
      why: 'that is still recent',
    },
    {
      name: 'last seen 10 min ago',
      known: { lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 600_000 }) },
      expected: { step: 'rest', Ready: 'Stale', Reconciling: 'Retrying' },
      why: 'its state is unknown',
    },
    {
      name: 'never seen in 10 min',
      known: instance({ sinceMs: NOW_MS - 600_000 }),
      expected: { step: 'rest', Ready: 'Stale' },
      why: 'its state was never known',
    },
  ])('$name: Ready=$expected.Ready, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed({ gpuPod: unready, ...known })))).toMatchObject(expected);
  });

  it.each([
    { name: 'no snapshot yet', known: instance({ sinceMs: justNow }) },
    { name: 'not seen for 10 min', known: instance({ sinceMs: NOW_MS - 600_000 }) },
  ])('is polled often: $name', ({ known }) => {
    expect(restOf(followInstance(observed({ gpuPod: unready, ...known }))).pollOften).toBe(true);
  });

  it('keeps the failure that is already reported, which says more', () => {
    const told = rentedGpuPod({ status: { conditions: [condition('Synced', 'Unauthorized')] } });
    const lost = instance({ sinceMs: NOW_MS - 600_000 });
    expect(outline(followInstance(observed({ gpuPod: told, ...lost }))).Synced).toBe('Unauthorized');
    expect(outline(followInstance(observed({ gpuPod: unready, ...lost }))).Synced).toBe('ApiUnavailable');
  });

  it.each([
    {
      name: 'starting',
      known: { gpuPod: unready, lastSeen: lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 420_000 }) },
    },
    {
      name: 'once ready',
      known: {
        gpuPod: ready,
        lastSeen: lastSeen(aSnapshot({ status: 'STOPPED' }), { beganAtMs: NOW_MS - 420_000 }),
      },
    },
    { name: 'never seen', known: { gpuPod: unready, ...instance({ sinceMs: NOW_MS - 420_000 }) } },
  ])(
    'rests for at most 3 min after a snapshot 7 min ago, because nothing else wakes it: $name',
    ({ known }) => {
      expect(restOf(followInstance(observed(known))).requeueAfterMs).toBe(180_000);
    },
  );
});

describe('following an instance with a snapshot', () => {
  function seeing(
    snapshot: ReturnType<typeof aSnapshot>,
    more: ObservationOverrides = {},
  ): ObservationOverrides {
    return { gpuPod: unready, lastSeen: lastSeen(snapshot, { beganAtMs: justNow }), ...more };
  }
  const { ssh: _ssh, ...withoutSsh } = aReadySnapshot();
  const { installationStatus: _status, ...withoutInstallation } = aReadySnapshot();
  it.each<Row>([
    {
      name: 'starting',
      known: seeing(aSnapshot()),
      expected: { step: 'rest', Ready: 'Provisioning' },
      why: 'starting takes time',
    },
    {
      name: 'ready in every field',
      known: seeing(aReadySnapshot()),
      expected: { step: 'ensureSecret' },
      why: 'the Secret comes before the status',
    },
    {
      name: 'ready, and the server sends no installation status',
      known: seeing(withoutInstallation),
      expected: { step: 'ensureSecret' },
      why: 'a missing field counts as done',
    },
    {
      name: 'active, installing',
      known: seeing(aReadySnapshot({ installationStatus: 'PENDING' })),
      expected: { step: 'rest', Ready: 'Installing', Provisioned: 'PodActive' },
      why: 'its image is not installed yet',
    },
    {
      name: 'active without an endpoint',
      known: seeing(withoutSsh),
      expected: { step: 'readPod' },
      why: 'a status poll says less than a GET',
    },
    {
      name: 'active without an endpoint, just read',
      known: seeing(withoutSsh, instance({ read: read('found', justNow) })),
      expected: { step: 'rest', Ready: 'Installing' },
      why: 'the GET has no more',
    },
    {
      name: 'above its cap',
      known: seeing(aSnapshot({ priceUsdPerHour: 2 })),
      expected: { step: 'writeStatus', Ready: 'Terminating', Provisioned: 'CreateFailed' },
      why: 'the operator never keeps an instance above the cap',
    },
    {
      name: 'billed above its cap, and no snapshot since the create request',
      known: { gpuPod: rentedGpuPod({ status: { cost: { pricePerHour: 1.9, billedPerHour: 2 } } }) },
      expected: { step: 'writeStatus', Ready: 'Terminating' },
      why: 'the create response stated the price',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed(known)))).toMatchObject(expected);
  });

  it('records when it was first active, and the price that it bills', () => {
    const known = seeing(aReadySnapshot({ installationStatus: 'PENDING', priceUsdPerHour: 1.85 }));
    const first = statusOf(followInstance(observed(known)));
    expect(first).toMatchObject({ activeAt: WALL_TEXT, cost: { billedPerHour: 1.85, pricePerHour: 1.9 } });
    const later = { ...known, gpuPod: rentedGpuPod({ status: { activeAt: '2026-11-23T10:01:00Z' } }) };
    expect(statusOf(followInstance(observed(later))).activeAt).toBe('2026-11-23T10:01:00Z');
    expect(statusOf(followInstance(observed(seeing(aSnapshot())))).activeAt).toBeUndefined();
  });
});
