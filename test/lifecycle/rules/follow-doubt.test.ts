import { describe, expect, it } from '@jest/globals';
import { followInstance } from '../support/rules.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory, aSnapshot, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { justNow, read, ready, instance, unready } from '../support/instances.ts';
import type { Row } from '../support/instances.ts';
import { outline, restOf } from '../support/outline.ts';

describe('following an instance that may have ended', () => {
  const missingInList = { inventory: inventory({ beganAtMs: NOW_MS - 10 }) };
  const seen = { lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS - 20 }) };
  it.each<Row>([
    {
      name: 'a list since the last snapshot does not show it',
      known: { ...missingInList, ...seen, ...instance() },
      expected: { step: 'readPod' },
      why: 'a list alone is no proof, but a reason to check',
    },
    {
      name: 'a list of its first 90 seconds does not show it',
      known: { ...missingInList, ...seen, ...instance({ sinceMs: NOW_MS - 90_009 }) },
      expected: { step: 'ensureSecret' },
      why: 'lists show instances late, so two wrong 404s would close an attempt whose instance runs',
    },
    {
      name: 'a list of its 90th second does not show it',
      known: { ...missingInList, ...seen, ...instance({ sinceMs: NOW_MS - 90_010 }) },
      expected: { step: 'readPod' },
      why: 'lists show instances by then',
    },
    {
      name: 'a list since the last snapshot shows it',
      known: {
        ...seen,
        ...instance(),
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot()] }),
      },
      expected: { step: 'ensureSecret' },
      why: 'it exists',
    },
    {
      name: 'a list since the last snapshot shows only another instance',
      known: {
        ...seen,
        ...instance(),
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot({ podId: 'pod-9' })] }),
      },
      expected: { step: 'readPod' },
      why: 'that is a duplicate',
    },
    {
      name: 'a list does not show it, and there is no snapshot yet',
      known: { ...missingInList, ...instance() },
      expected: { step: 'readPod' },
      why: 'nobody knows whether it ever existed',
    },
    {
      name: 'one proof of its end, and a later snapshot',
      known: {
        ...seen,
        ...instance({ missing: 1, lastMissingAtMs: NOW_MS - 40_000, read: read('notFound') }),
      },
      expected: { step: 'readPod' },
      why: 'a poll does not cancel a 404: the instance is read again',
    },
    {
      name: 'a list from before the last snapshot does not show it',
      known: { gpuPod: ready, inventory: inventory({ beganAtMs: NOW_MS - 30 }), ...seen },
      expected: { step: 'ensureSecret' },
      why: 'it was seen since',
    },
    {
      name: 'the status poll omits it',
      known: { lastSeen: lastSeen(aReadySnapshot(), { omitted: true }) },
      expected: { step: 'readPod' },
      why: 'an omission is a suspicion',
    },
    {
      name: 'the status poll says TERMINATED',
      known: { lastSeen: lastSeen(aSnapshot({ status: 'TERMINATED' }), { beganAtMs: justNow }) },
      expected: { step: 'readPod' },
      why: 'a poll says less than a GET',
    },
    {
      name: 'a GET 1 s ago found nothing',
      known: {
        ...instance({ read: read('notFound', justNow) }),
        lastSeen: lastSeen(aSnapshot(), { omitted: true }),
      },
      expected: { step: 'rest' },
      why: 'the second check must be apart from the first',
    },
    {
      name: 'many vanished at once',
      known: { gpuPod: ready, massAbsence: true, ...missingInList, ...seen },
      expected: { step: 'ensureSecret' },
      why: 'the answer is probably wrong, so nothing changes',
    },
    {
      name: 'a GET since the list found it',
      known: { gpuPod: ready, ...missingInList, ...seen, ...instance({ read: read('found', NOW_MS - 5) }) },
      expected: { step: 'ensureSecret' },
      why: 'it exists',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed({ gpuPod: unready, ...known })))).toMatchObject(expected);
  });

  it('asks for a list since the GET, and for another GET in time', () => {
    const doubtful = {
      lastSeen: lastSeen(aSnapshot(), { omitted: true }),
      ...instance({ read: read('notFound', justNow) }),
    };
    const rest = restOf(followInstance(observed({ gpuPod: unready, ...doubtful })));
    expect(rest).toMatchObject({
      requeueAfterMs: 29_000,
      wantsInventoryAfterMs: justNow,
      status: unready.status,
    });
    const wanted = (beganAtMs: number): number | undefined =>
      restOf(followInstance(observed({ gpuPod: unready, ...doubtful, inventory: inventory({ beganAtMs }) })))
        .wantsInventoryAfterMs;
    expect(wanted(justNow)).toBeUndefined();
    expect(wanted(justNow - 1)).toBe(justNow);
  });
});
