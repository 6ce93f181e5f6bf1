import { describe, expect, it } from '@jest/globals';
import type { LocalState } from '../../src/lifecycle/local-state.ts';
import { observe } from '../../src/lifecycle/observe.ts';
import { gpuPod, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../support/builders/intent.ts';
import { observation } from '../support/builders/observation.ts';
import { inventory, aSnapshot } from '../support/builders/snapshots.ts';

const intended = gpuPod({ intent: intent() });
const rented = rentedGpuPod();

describe('duplicates', () => {
  const list = inventory({ beganAtMs: 500, live: [aSnapshot({ podId: 'pod-9', name: nameOfAttempt(1) })] });
  it.each([
    {
      name: 'an instance of an earlier attempt',
      instance: gpuPod({ status: { attempts: [{ number: 1, outcome: 'NotCreated' }] } }),
      duplicates: { 'pod-9': 500 },
      why: 'nobody wants it any more',
    },
    {
      name: 'the instance of the open create intent',
      instance: intended,
      duplicates: {},
      why: 'it is about to be adopted',
    },
    {
      name: 'a second instance with the name of the rented one',
      instance: rented,
      duplicates: { 'pod-9': 500 },
      why: 'the provider created two',
    },
    {
      name: 'an instance of a deleted GpuPod',
      instance: gpuPod({ isDeleting: true }),
      duplicates: { 'pod-9': 500 },
      why: 'none of its instances may remain',
    },
    {
      name: 'an instance while the create intent is not readable',
      instance: gpuPod({ intent: '?' }),
      duplicates: {},
      why: 'it may be in use, and its cap is lost',
    },
    {
      name: 'an instance that the GpuPod does not record',
      instance: gpuPod(),
      duplicates: {},
      why: 'the GpuPod is older',
    },
  ])('$name: $why', ({ instance, duplicates }) => {
    expect(observe(observation({ gpuPod: instance, inventory: list })).duplicates).toEqual(duplicates);
  });

  it('leave out the rented instance itself', () => {
    const own = inventory({ live: [aSnapshot()] });
    expect(observe(observation({ gpuPod: rented, inventory: own })).duplicates).toEqual({});
  });

  it('leave out the instance that this process got an ID for, because it is about to be bound', () => {
    const localState = { unbound: { podId: 'pod-9', podName: nameOfAttempt(1) } };
    const late = inventory({ live: [aSnapshot({ podId: 'pod-9', name: nameOfAttempt(7) })] });
    expect(observe(observation({ gpuPod: intended, localState, inventory: late })).duplicates).toEqual({});
  });

  it('leave out an instance without a name of ours', () => {
    const others = inventory({ live: [aSnapshot({ podId: 'x', name: 'My first GPU' })] });
    expect(observe(observation({ gpuPod: gpuPod(), inventory: others })).duplicates).toEqual({});
  });

  it('remember the list that first showed each, until a list does not show it', () => {
    const localState: Partial<LocalState> = { duplicates: { 'pod-9': 100, 'pod-8': 100 } };
    const instance = gpuPod({ status: { attempts: [{ number: 1, outcome: 'NotCreated' }] } });
    expect(observe(observation({ gpuPod: instance, localState, inventory: list })).duplicates).toEqual({
      'pod-9': 100,
    });
  });

  it('stay as they are while there is no list', () => {
    const localState: Partial<LocalState> = { duplicates: { 'pod-9': 100 } };
    expect(observe(observation({ localState })).duplicates).toEqual({ 'pod-9': 100 });
  });
});
