import { expect, it } from '@jest/globals';
import type { FormerAccount } from '../../../src/lifecycle/observation.ts';
import { finishDeletion } from '../../../src/lifecycle/rules/deletion.ts';
import { formerDrafts } from '../../../src/lifecycle/rules/former-accounts.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';

const ACCOUNT = 'GpuAccount/team-a/old';
const DELETED_MS = NOW_MS - 10_000;

it.each<{
  name: string;
  former: Omit<FormerAccount, 'account'>;
  step: string;
  listAfterMs?: number;
  why: string;
}>([
  {
    name: 'a list of a former account from before the deletion',
    former: { beganAtMs: DELETED_MS - 1, podIds: [] },
    step: 'rest',
    listAfterMs: DELETED_MS,
    why: 'a late instance may show up there',
  },
  {
    name: 'an instance on a former account',
    former: { beganAtMs: NOW_MS, podIds: ['left'] },
    step: 'rest',
    listAfterMs: NOW_MS + 60_000,
    why: 'after the release nobody would terminate it',
  },
  {
    name: 'the word of a person that nothing is there',
    former: { beganAtMs: Infinity, podIds: [] },
    step: 'release',
    why: 'a person looked at the provider',
  },
  {
    name: 'an instance on a former account, against the word of a person',
    former: { beganAtMs: Infinity, podIds: ['left'] },
    step: 'rest',
    listAfterMs: DELETED_MS + 60_000,
    why: 'a list has shown it',
  },
  {
    name: 'a clean list of the former account',
    former: { beganAtMs: DELETED_MS, podIds: [] },
    step: 'release',
    why: 'nothing is left on either',
  },
])('answers $name with $step, because $why', ({ former, step, listAfterMs }) => {
  const decided = finishDeletion(
    observed({
      gpuPod: gpuPod({ isDeleting: true }),
      localState: { instance: anInstanceState(), deletingSinceMs: DELETED_MS },
      inventory: inventory({ beganAtMs: NOW_MS }),
      formerAccounts: [
        { account: ACCOUNT, beganAtMs: NOW_MS, podIds: [] },
        { account: ACCOUNT, ...former },
      ],
    }),
  );
  expect(outline(decided).step).toBe(step);
  expect(decided?.kind === 'rest' ? decided.wantsInventoryAfterMs : undefined).toBe(listAfterMs);
});

it.each<{ name: string; former: Partial<FormerAccount>; type: 'Ready' | 'Synced'; says: string }>([
  {
    name: 'whose list fails, and the way out',
    former: { doubt: { reason: 'ApiUnavailable', message: 'GET /pods/: 500.' } },
    type: 'Synced',
    says: 'may bill on GpuAccount team-a/old, which paid before and cannot be listed. If none is there at the provider, set gpupod.dev/confirm-absent to GpuAccount/team-a/old. GET /pods/: 500.',
  },
  {
    name: 'that was not listed since',
    former: {},
    type: 'Ready',
    says: 'is still running on GpuAccount team-a/old, which paid before.',
  },
  {
    name: 'that has an instance of it',
    former: { beganAtMs: NOW_MS, podIds: ['left'] },
    type: 'Ready',
    says: 'Instance left of this GpuPod still bills on GpuAccount team-a/old',
  },
])('names the former account $name', ({ former, type, says }) => {
  const account = { account: ACCOUNT, beganAtMs: -Infinity, podIds: [], ...former };
  expect(formerDrafts(account)[type]?.[1]).toContain(says);
});
