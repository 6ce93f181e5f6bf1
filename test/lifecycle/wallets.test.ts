import { expect, it } from '@jest/globals';
import type { Attempt } from '../../src/api/gpupod/status.ts';
import { walletsOf } from '../../src/lifecycle/open-intent.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { intent } from '../support/builders/intent.ts';
import { observed } from '../support/builders/observation.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';

const POLICY = { ...OPEN_POLICY, allowedTeamIds: ['team-a', 'team-b'] };

it.each<{ name: string; attempt: Partial<Attempt>; wallets: readonly (string | undefined)[] }>([
  {
    name: 'an instance that has ended',
    attempt: { outcome: 'Ended', teamId: 'team-a' },
    wallets: ['team-b', 'team-a'],
  },
  {
    name: 'an unknown outcome',
    attempt: { outcome: 'NotCreated', teamId: 'team-a' },
    wallets: ['team-b', 'team-a'],
  },
  {
    name: 'the own wallet of the key',
    attempt: { outcome: 'Failed' },
    wallets: ['team-b', undefined],
  },
  {
    name: 'a refusal, which created nothing',
    attempt: { outcome: 'Refused', teamId: 'team-a' },
    wallets: ['team-b'],
  },
  {
    name: 'a team that is no longer listed',
    attempt: { outcome: 'Ended', teamId: 'team-left' },
    wallets: ['team-b'],
  },
  {
    name: 'an open one with a team that is no longer listed',
    attempt: { teamId: 'team-left' },
    wallets: ['team-b', 'team-left'],
  },
])('includes the wallets of the attempts: $name', ({ attempt, wallets }) => {
  const known = gpuPod({
    intent: intent({ attempt: 2, teamId: 'team-b' }),
    spec: { teamId: 'team-b' },
    status: { observedGeneration: 1, attempts: [{ number: 1, ...attempt }] },
  });
  expect(walletsOf(observed({ gpuPod: known, policy: POLICY }))).toEqual(wallets);
});
