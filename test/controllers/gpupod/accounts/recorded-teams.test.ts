import { describe, expect, it } from '@jest/globals';
import { RecordedTeams } from '../../../../src/controllers/gpupod/accounts/recorded-teams.ts';
import type { KubernetesObject } from '../../../../src/kubernetes/objects.ts';
import { podName } from '../../../../src/lifecycle/pod-name.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../../support/builders/intent.ts';
import { SessionBench } from '../support/session-bench.ts';

const MINE = new SessionBench().session;
const OTHER = new SessionBench().session;

/** The operator signed the create intents with this proof. */
const PROOF = 'proof';

function bench(objects: readonly KubernetesObject[]) {
  const clock = new VirtualClock();
  let lookups = 0;
  const teams = new RecordedTeams({
    clock,
    view: { list: () => [...objects] },
    proofsOf: () => ({ ofIntent: () => PROOF }),
    payers: {
      bookOf: ({ metadata }) => {
        lookups += 1;
        return metadata.namespace === 'team-a' ? MINE : OTHER;
      },
    },
  });
  return { clock, teams, lookups: () => lookups };
}

it('knows the teams of open create intents and of instances, by session', () => {
  const attempts = [{ number: 1, teamId: 'team-of-instance', startedAt: '2026-11-23T10:00:00Z' }];
  const { teams } = bench([
    rawGpuPod({ intent: intent({ teamId: 'team-of-intent', proof: PROOF }) }),
    rawGpuPod({ uid: 'uid-2', status: { podId: 'pod-2', attempts } }),
    rawGpuPod({ uid: 'uid-3', namespace: 'team-b', status: { podId: 'pod-3', attempts } }),
    rawGpuPod({ uid: 'uid-4' }),
  ]);
  expect([...teams.of(MINE)]).toEqual(['team-of-intent', 'team-of-instance']);
  expect([...teams.of(OTHER)]).toEqual(['team-of-instance']);
});

it('knows the team of the last create intent of a GpuPod that has nothing any more', () => {
  const attempts = [{ number: 1, podName: intent().name, outcome: 'Ended' }];
  const { teams } = bench([
    rawGpuPod({ intent: intent({ teamId: 'former-team' }), status: { attempts } }),
    rawGpuPod({
      uid: 'uid-2',
      namespace: 'team-b',
      intent: intent({ teamId: 'of-another-account' }),
      status: { podId: 'pod-3' },
    }),
  ]);
  expect([...teams.of(MINE)]).toEqual(['former-team']);
  expect([...teams.of(OTHER)]).toEqual([]);
});

describe('teams that only create intents name which nothing proves', () => {
  const FORGED = Array.from({ length: 60 }, (_, number) =>
    rawGpuPod({ uid: `uid-${String(number)}`, intent: forged(`made-up-${String(number)}`) }),
  );

  function forged(teamId: string) {
    return intent({ uid: `nobody-${teamId}`, name: podName(INSTALLATION, ofNobody(teamId), 1), teamId });
  }

  function ofNobody(teamId: string) {
    return { namespace: 'team-a', name: 'x', uid: `nobody-${teamId}` };
  }

  it('are few in each namespace, whatever number somebody makes up, and take no place of others', () => {
    const { teams } = bench([
      ...FORGED,
      rawGpuPod({ uid: 'uid-own', intent: intent({ teamId: 'team-x', proof: PROOF }) }),
    ]);
    expect([...teams.of(MINE)]).toEqual(['team-x', 'made-up-0', 'made-up-1']);
    expect([...teams.unprovenOf(MINE)]).toEqual(['made-up-0', 'made-up-1']);
    expect([...teams.of(OTHER)]).toEqual([]);
  });

  it('count as proven once something else proves them', () => {
    const attempts = [{ number: 1, teamId: 'made-up-0', startedAt: '2026-11-23T10:00:00Z' }];
    const { teams } = bench([...FORGED, rawGpuPod({ uid: 'uid-own', status: { podId: 'pod-1', attempts } })]);
    expect([...teams.unprovenOf(MINE)]).toEqual(['made-up-1']);
  });
});

it('reads all GpuPods once a second, however many sessions and decisions ask', async () => {
  const objects = Array.from({ length: 10 }, (_, number) =>
    rawGpuPod({ uid: `uid-${String(number)}`, intent: intent({ teamId: 'team-x' }) }),
  );
  const { clock, teams, lookups } = bench(objects);
  for (let decision = 0; decision < 100; decision += 1) {
    teams.of(MINE);
    teams.of(OTHER);
  }
  expect(lookups()).toBe(10);
  await clock.advance(1_000);
  teams.of(MINE);
  expect(lookups()).toBe(20);
});
