import { describe, expect, it } from '@jest/globals';
import type { Effect } from '../../src/lifecycle/step.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { observed } from '../support/builders/observation.ts';
import { noting, whoEnds } from './acting.ts';

const OWN = gpuPod();
const { uid } = OWN.metadata;

/** Who ends `pod-1`, as it is known after a wait in the chain of calls of a decision. */
async function whoAfter(effect: Effect): Promise<string | undefined> {
  noting(() => ({ kind: 'act', effect }))(observed({ gpuPod: OWN }));
  await Promise.resolve();
  return whoEnds('pod-1');
}

describe('whose deed a DELETE is', () => {
  it.each<{ name: string; effect: Effect; who: string | undefined }>([
    { name: 'it was decided to end it', effect: { type: 'deletePod', podId: 'pod-1' }, who: uid },
    {
      name: 'it was decided to end it as a duplicate',
      effect: { type: 'deleteDuplicate', podId: 'pod-1', podName: 'x', cause: 'duplicate' },
      who: uid,
    },
    {
      name: 'it was decided to end another one',
      effect: { type: 'deletePod', podId: 'pod-2' },
      who: undefined,
    },
    { name: 'something else was decided', effect: { type: 'addFinalizer' }, who: undefined },
  ])('$name: $who', async ({ effect, who }) => {
    expect(await whoAfter(effect)).toBe(who);
  });

  it('is nobody’s before anything was decided', () => {
    expect(whoEnds('pod-1')).toBeUndefined();
  });
});
