import { describe, expect, it } from '@jest/globals';
import type { Effect } from '../../src/lifecycle/step.ts';
import { gpuPod } from '../support/builders/gpu-pod.ts';
import { observed } from '../support/builders/observation.ts';
import { noting, whoEnds } from './acting.ts';

const OWN = gpuPod();
const { uid } = OWN.metadata;

/** The UID to which a termination of `pod-1` is attributed, after an await that follows the decision. */
async function whoAfter(effect: Effect): Promise<string | undefined> {
  noting(() => ({ kind: 'act', effect }))(observed({ gpuPod: OWN }));
  await Promise.resolve();
  return whoEnds('pod-1');
}

describe('the GpuPod that a DELETE is attributed to', () => {
  it.each<{ name: string; effect: Effect; who: string | undefined }>([
    { name: 'the decision terminates it', effect: { type: 'deletePod', podId: 'pod-1' }, who: uid },
    {
      name: 'the decision terminates it as a duplicate',
      effect: { type: 'deleteDuplicate', podId: 'pod-1', podName: 'x', cause: 'duplicate' },
      who: uid,
    },
    {
      name: 'the decision terminates another one',
      effect: { type: 'deletePod', podId: 'pod-2' },
      who: undefined,
    },
    { name: 'the decision is another one', effect: { type: 'addFinalizer' }, who: undefined },
  ])('is $who when $name', async ({ effect, who }) => {
    expect(await whoAfter(effect)).toBe(who);
  });

  it('is nobody before a decision', () => {
    expect(whoEnds('pod-1')).toBeUndefined();
  });
});
