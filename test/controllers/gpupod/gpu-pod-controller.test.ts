import { describe, expect, it } from '@jest/globals';
import { FRESH_STATUS } from '../../../src/api/gpupod/status.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { GpuPodControllerBench } from './support/controller-bench.ts';

const HOUR_MS = 3_600_000;
const ONE = rawGpuPod({ name: 'one', uid: 'uid-one' });
const TWO = rawGpuPod({ name: 'two', uid: 'uid-two' });

describe('the controller of GpuPods', () => {
  it('reconciles each existing GpuPod once it is started, and none before', async () => {
    const bench = new GpuPodControllerBench(ONE, TWO);
    await bench.advance(1_000);
    expect(bench.takeNames()).toEqual([]);
    await bench.start();
    expect(bench.takeNames()).toEqual(['one', 'two']);
    await bench.controller.stop();
  });

  it('tells GpuPods that existed before from those that are new', async () => {
    const bench = new GpuPodControllerBench(ONE);
    await bench.start();
    expect(bench.observed.every(({ localState }) => localState.inFirstList)).toBe(true);
    bench.observed.length = 0;
    bench.put(TWO);
    await bench.advance(0);
    expect(bench.observed.map(({ localState }) => localState.inFirstList)).toEqual([false]);
    await bench.controller.stop();
  });

  it('reconciles a GpuPod that changed, and no other one', async () => {
    const bench = new GpuPodControllerBench(ONE, TWO);
    await bench.start();
    bench.takeNames();
    bench.put(rawGpuPod({ name: 'two', uid: 'uid-two', resourceVersion: '11' }));
    await bench.advance(0);
    expect(bench.takeNames()).toEqual(['two']);
    await bench.controller.stop();
  });

  it('comes back when the decision says so', async () => {
    const bench = new GpuPodControllerBench(ONE);
    bench.decide = () => ({ kind: 'rest', status: FRESH_STATUS, requeueAfterMs: 7_000 });
    await bench.start();
    bench.takeNames();
    await bench.advance(6_000);
    expect(bench.takeNames()).toEqual([]);
    await bench.advance(2_000);
    expect(bench.takeNames()).toEqual(['one']);
    await bench.controller.stop();
  });

  it('reconciles all GpuPods that waited for the right CRD once it is there', async () => {
    const bench = new GpuPodControllerBench(ONE, TWO);
    bench.crdProblem = 'The installed CRD lacks status.attempts.';
    await bench.start();
    expect(bench.observed.every(({ crdProblem }) => crdProblem !== undefined)).toBe(true);
    bench.observed.length = 0;
    bench.crdProblem = undefined;
    bench.controller.onCrdHealed();
    await bench.advance(0);
    expect(bench.observed.map(({ crdProblem }) => crdProblem)).toEqual([undefined, undefined]);
    await bench.controller.stop();
  });

  it('reports a refused write on its GpuPod, and repeats it ever more rarely', async () => {
    const bench = new GpuPodControllerBench(ONE, TWO);
    bench.decide = ({ gpuPod: { metadata } }) =>
      metadata.name === 'one'
        ? { kind: 'act', effect: { type: 'addFinalizer' } }
        : { kind: 'rest', status: FRESH_STATUS };
    await bench.start();
    expect(bench.takeNames()).toEqual(['one', 'two']);
    expect(bench.events.at(-1)).toMatchObject({
      type: 'Warning',
      reason: 'WriteRefused',
      message: expect.stringMatching(/keeps billing.*a policy forbids it/),
    });
    bench.observed.length = 0;
    await bench.advance(2 * HOUR_MS);
    // Every 30 s, as after other failures, would be 240 refused writes.
    expect(bench.observed.length).toBeLessThan(60);
    expect(bench.takeNames()).toEqual(['one']);
    await bench.controller.stop();
  });

  it('waits for work that runs when it stops, and begins nothing else', async () => {
    const bench = new GpuPodControllerBench(ONE);
    const patched = Promise.withResolvers<never>();
    bench.patch = async () => await patched.promise;
    bench.decide = () => ({ kind: 'act', effect: { type: 'addFinalizer' } });
    await bench.start();
    let isStopped = false;
    const stopped = bench.controller.stop().then(() => {
      isStopped = true;
    });
    bench.put(TWO);
    await bench.advance(1_000);
    expect({ isStopped, names: bench.takeNames() }).toEqual({ isStopped: false, names: ['one'] });
    patched.reject(new Error('the connection broke'));
    await stopped;
    expect(bench.takeNames()).toEqual([]);
  });

  it('has the session of the own key', () => {
    const { accounts } = new GpuPodControllerBench().controller;
    expect(accounts.all().map(({ name }) => name)).toEqual(['operator']);
  });
});
