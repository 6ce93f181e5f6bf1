import { expect, it } from '@jest/globals';
import type { FormerAccounts } from '../../../src/lifecycle/observation.ts';
import { finishDeletion } from '../../../src/lifecycle/rules/deletion.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { anInstanceState, NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { outline } from '../support/outline.ts';

const DELETED_MS = NOW_MS - 10_000;

it.each<{ name: string; former: FormerAccounts; step: string; listAfterMs?: number; why: string }>([
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
      formerAccounts: former,
    }),
  );
  expect(outline(decided).step).toBe(step);
  expect(decided?.kind === 'rest' ? decided.wantsInventoryAfterMs : undefined).toBe(listAfterMs);
});
