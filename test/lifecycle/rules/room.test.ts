import { describe, expect, it } from '@jest/globals';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { gpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import type { AwaitedList, Observation } from '../../../src/lifecycle/observation.ts';
import { messageOf, outline, restOf } from '../support/outline.ts';
import { rent } from '../support/rules.ts';
import { offer } from '../../offers/support/builders.ts';

it.each<{ name: string; overrides: GpuPodOverrides }>([
  { name: 'is suspended', overrides: { spec: { suspend: true } } },
  { name: 'is paused', overrides: { annotations: { [ANNOTATIONS.paused]: 'true' } } },
  { name: 'is being deleted', overrides: { isDeleting: true } },
  {
    name: 'waits for a person after failed attempts',
    overrides: { spec: { maxAttempts: 1 }, status: { failedAttempts: 1 } },
  },
  { name: 'has an instance', overrides: { intent: intent(), status: rentedStatus() } },
  { name: 'finds no offer', overrides: { spec: { maxPrice: 0.01 } } },
])('counts nothing for a GpuPod that $name, because that reads all GpuPods', ({ overrides }) => {
  let counts = 0;
  nextStep(
    observed({
      gpuPod: gpuPod(overrides),
      inventory: inventory({ beganAtMs: NOW_MS }),
      offers: { kind: 'ok', offers: [offer()], beganAtMs: NOW_MS },
      countOthers: () => {
        counts += 1;
        return { kind: 'counted', micros: 0, accountSums: [] };
      },
    }),
  );
  expect(counts).toBe(0);
});

function ready(list: AwaitedList): Observation {
  return observed({
    inventory: inventory({ beganAtMs: NOW_MS }),
    offers: { kind: 'ok', offers: [offer()], beganAtMs: NOW_MS },
    countOthers: () => ({ kind: 'awaited', list }),
  });
}

describe('what a GpuPod says while the list of another account fails', () => {
  it.each<{ name: string; list: AwaitedList; says: RegExp }>([
    {
      name: 'an account of another namespace',
      list: { account: 'GpuAccount/team-b/default', isTeam: false, reason: 'ApiUnavailable' },
      says: /instances of GpuAccount team-b\/default have not been listed yet \(ApiUnavailable\).* remove its key or the account\.$/,
    },
    {
      name: 'a team of it, which is not named to others',
      list: { account: 'ClusterGpuAccount/ml', isTeam: true, reason: 'UnexpectedResponse' },
      says: /instances of a team of ClusterGpuAccount ml have not .* take that team out of its settings\.$/,
    },
    {
      name: 'an account whose key may not read its user',
      list: { account: 'GpuAccount/team-b/default', isTeam: false, reason: 'AccountUnconfirmed' },
      says: /\(AccountUnconfirmed\).* give its key the permission user:read, or remove the account\.$/,
    },
    {
      name: 'the operator itself',
      list: { account: 'operator', isTeam: false, reason: 'ApiUnavailable' },
      says: /instances of the operator's own API key have not .* The operator keeps trying\.$/,
    },
  ])('names $name, and the way out', ({ list, says }) => {
    const step = rent(ready(list));
    expect(outline(step)).toMatchObject({ step: 'rest', Synced: 'BudgetExceeded', Ready: 'Pending' });
    expect(messageOf(restOf(step).status, 'Synced')).toMatch(says);
  });
});
