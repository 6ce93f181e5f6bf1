import { beforeEach, describe, expect, it } from '@jest/globals';
import { LiveInstances } from '../../../src/accounts/sums/live-instances.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { gpuPod, POD_ID, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, nameOfAttempt } from '../../support/builders/intent.ts';
import { LIVE, OWN_KEY } from '../support/reservations-bench.ts';
import { attemptKey } from '../../../src/lifecycle/pod-name.ts';

const POD = gpuPod({ status: rentedStatus() });
let live: LiveInstances;

beforeEach(() => {
  live = new LiveInstances({
    clock: new VirtualClock(),
    installation: INSTALLATION,
    timings: { settleMs: 0, settleSpacingMs: 0, massAbsenceMs: 30_000, foreignRequestMs: 0 },
  });
});

function list(instances: readonly InstanceSnapshot[], beganAtMs = 0): void {
  live.takeInventory(OWN_KEY, { instances, beganAtMs }, new Set([undefined]));
}

describe('what changed among the instances', () => {
  it.each<{ name: string; change: () => void; isChange: boolean }>([
    {
      name: 'nothing that a list shows again',
      change: () => {
        list([LIVE]);
      },
      isChange: false,
    },
    ...Object.entries({
      price: { priceUsdPerHour: 9 },
      size: { gpuCount: 4 },
      team: { teamId: 'team-x' },
      name: { name: nameOfAttempt(2) },
      state: { status: 'TERMINATED' as const },
    }).map(([name, other]) => ({
      name: `another ${name} in a list`,
      change: () => {
        list([{ ...LIVE, ...other }]);
      },
      isChange: true,
    })),
    {
      name: 'another user whose key lists it',
      change: () => {
        live.takeInventory(
          { ...OWN_KEY, userId: 'user-2' },
          { instances: [LIVE], beganAtMs: 0 },
          new Set([undefined]),
        );
      },
      isChange: true,
    },
    {
      name: 'an instance that a list lacks',
      change: () => {
        list([], 1);
      },
      isChange: true,
    },
    {
      name: 'a known owner',
      change: () => {
        live.own(POD_ID, POD);
      },
      isChange: true,
    },
    {
      name: 'a retained instance',
      change: () => {
        live.markRetained(POD_ID);
      },
      isChange: true,
    },
    {
      name: 'an end',
      change: () => {
        live.ended(POD_ID);
      },
      isChange: true,
    },
    {
      name: 'an instance that came and went unread',
      change: () => {
        list([LIVE, { ...LIVE, podId: 'another' }]);
        live.ended('another');
      },
      isChange: false,
    },
    {
      name: 'an instance that was not known',
      change: () => {
        live.ended('another');
      },
      isChange: false,
    },
  ])('$name: $isChange', ({ change, isChange }) => {
    list([LIVE]);
    live.takeChanged();
    change();
    expect([...live.takeChanged().keys()]).toEqual(isChange ? [POD_ID] : []);
    expect([...live.takeChanged().keys()]).toEqual([]);
  });

  it.each<{ name: string; change: () => void; earlier: readonly (string | undefined)[] }>([
    {
      name: 'two names later, the first one',
      change: () => {
        list([{ ...LIVE, name: nameOfAttempt(2) }]);
        list([{ ...LIVE, name: nameOfAttempt(3) }]);
      },
      earlier: [nameOfAttempt(1)],
    },
    {
      name: 'another name and an end later, the first one',
      change: () => {
        list([{ ...LIVE, name: nameOfAttempt(2) }]);
        live.ended(POD_ID);
      },
      earlier: [nameOfAttempt(1)],
    },
    {
      name: 'an end and a list that shows it again later, the first one',
      change: () => {
        live.ended(POD_ID);
        list([{ ...LIVE, name: nameOfAttempt(2) }]);
      },
      earlier: [nameOfAttempt(1)],
    },
    {
      name: 'none for one that was not live',
      change: () => {
        list([LIVE, { ...LIVE, podId: 'another' }]);
      },
      earlier: [undefined],
    },
  ])('is told with the name that it had: $name', ({ change, earlier }) => {
    list([LIVE]);
    live.takeChanged();
    change();
    expect([...live.takeChanged().values()].map((before) => before?.podName)).toEqual(earlier);
  });

  it('are found by the attempt that they are named for now', () => {
    list([LIVE]);
    expect(live.idsOf(attemptKey(nameOfAttempt(1)))).toEqual([POD_ID]);
    list([{ ...LIVE, name: nameOfAttempt(2) }]);
    expect(live.idsOf(attemptKey(nameOfAttempt(1)))).toEqual([]);
    expect(live.idsOf(attemptKey(nameOfAttempt(2)))).toEqual([POD_ID]);
  });
});
