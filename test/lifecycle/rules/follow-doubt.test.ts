import { describe, expect, it } from '@jest/globals';
import { followInstance } from '../support/rules.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory, aSnapshot, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { justNow, read, ready, instance, unready } from '../support/instances.ts';
import type { Row } from '../support/instances.ts';
import { outline, restOf } from '../support/outline.ts';

describe('followRental of a pod that may be gone', () => {
  const missingInList = { inventory: inventory({ beganAtMs: NOW_MS - 10 }) };
  const seen = { lastSeen: lastSeen(aReadySnapshot(), { beganAtMs: NOW_MS - 20 }) };
  it.each<Row>([
    {
      name: 'a list since the last look does not show it',
      known: { ...missingInList, ...seen, ...instance() },
      expected: { step: 'readPod' },
      why: 'a list alone is no proof, and no reason to do nothing',
    },
    {
      name: 'a list of its first 90 seconds does not show it',
      known: { ...missingInList, ...seen, ...instance({ sinceMs: NOW_MS - 90_009 }) },
      expected: { step: 'ensureSecret' },
      why: 'lists show pods late: two wrong answers to GET would else end the rental of a pod that runs',
    },
    {
      name: 'a list of its 90th second does not show it',
      known: { ...missingInList, ...seen, ...instance({ sinceMs: NOW_MS - 90_010 }) },
      expected: { step: 'readPod' },
      why: 'lists show pods by then',
    },
    {
      name: 'a list since the last look shows it',
      known: {
        ...seen,
        ...instance(),
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot()] }),
      },
      expected: { step: 'ensureSecret' },
      why: 'it is there',
    },
    {
      name: 'a list since the last look shows another pod alone',
      known: {
        ...seen,
        ...instance(),
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot({ podId: 'pod-9' })] }),
      },
      expected: { step: 'readPod' },
      why: 'that is a stray',
    },
    {
      name: 'a list does not show it, and there was no look yet',
      known: { ...missingInList, ...instance() },
      expected: { step: 'readPod' },
      why: 'nobody knows whether it ever was',
    },
    {
      name: 'one proof of its end, and a look that came later',
      known: {
        ...seen,
        ...instance({ missing: 1, lastMissingAtMs: NOW_MS - 40_000, read: read('notFound') }),
      },
      expected: { step: 'readPod' },
      why: 'a 404 is not forgotten for a poll: the pod itself is asked again',
    },
    {
      name: 'a list from before the last look does not show it',
      known: { gpuPod: ready, inventory: inventory({ beganAtMs: NOW_MS - 30 }), ...seen },
      expected: { step: 'ensureSecret' },
      why: 'it was seen since',
    },
    {
      name: 'the status poll left it out',
      known: { lastSeen: lastSeen(aReadySnapshot(), { omitted: true }) },
      expected: { step: 'readPod' },
      why: 'an omission is a suspicion',
    },
    {
      name: 'the status poll says TERMINATED',
      known: { lastSeen: lastSeen(aSnapshot({ status: 'TERMINATED' }), { beganAtMs: justNow }) },
      expected: { step: 'readPod' },
      why: 'a poll says less than the pod itself',
    },
    {
      name: 'a GET 1 s ago found nothing',
      known: {
        ...instance({ read: read('notFound', justNow) }),
        lastSeen: lastSeen(aSnapshot(), { omitted: true }),
      },
      expected: { step: 'rest' },
      why: 'the second look must be apart from the first',
    },
    {
      name: 'many vanished at once',
      known: { gpuPod: ready, massAbsence: true, ...missingInList, ...seen },
      expected: { step: 'ensureSecret' },
      why: 'the answer is wrong rather than all of them gone: life goes on',
    },
    {
      name: 'a GET since the list found it',
      known: { gpuPod: ready, ...missingInList, ...seen, ...instance({ read: read('found', NOW_MS - 5) }) },
      expected: { step: 'ensureSecret' },
      why: 'it is there',
    },
  ])('$name: $expected.step, because $why', ({ known, expected }) => {
    expect(outline(followInstance(observed({ gpuPod: unready, ...known })))).toMatchObject(expected);
  });

  it('wants a list since the GET, and another GET when it is time', () => {
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
