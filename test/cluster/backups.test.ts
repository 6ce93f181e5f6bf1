import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/names.ts';
import type { GpuPod } from '../../src/api/gpu-pod.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** A GpuPod as a backup held it while its first attempt was ready; by now its second one is. */
async function secondAttempt(scene: Scene, name: string): Promise<{ saved: GpuPod; runningId: string }> {
  await scene.create(name, H100);
  const saved = await scene.untilReady(name);
  await scene.patch(name, { spec: { suspend: true } });
  await scene.untilCondition(name, 'Ready=False Suspended');
  await scene.patch(name, { spec: { suspend: false } });
  const { status } = await scene.untilReady(name);
  expect(status.podId).not.toBe(saved.status.podId);
  return { saved, runningId: status.podId ?? '' };
}

async function untilAdopted(scene: Scene, name: string, runningId: string): Promise<void> {
  await scene.until(name, 'the running instance', ({ status }) => status.podId === runningId);
  await scene.untilReady(name);
  await scene.quietRounds(3);
  expect(scene.simulator.ledger.deletes.map(({ podId }) => podId)).not.toContain(runningId);
  expect(scene.simulator.ledger.live().map(({ id }) => id)).toContain(runningId);
  expect(scene.simulator.requests.count({ method: 'POST', path: '/pods/' })).toBe(2);
}

describe('what comes back from a backup', () => {
  it('never ends the instance that runs: an older status, and the whole object under another uid', async () => {
    const scene = await cluster.open({ flags: { 'orphan-policy': 'Terminate' } });
    await scene.startOperator();
    const { saved, runningId } = await secondAttempt(scene, 'train');

    const current = JSON.parse(
      (await scene.kubectl(['get', 'gpupod', 'train', '-o', 'json'])).stdout,
    ) as object;
    const older = JSON.stringify({ ...current, status: saved.status });
    expect(await scene.kubectl(['replace', '--subresource=status', '-f', '-'], older)).toMatchObject({
      code: 0,
    });
    await untilAdopted(scene, 'train', runningId);

    // Torn out while nobody looks, and applied anew.
    await scene.stopOperators();
    await scene.patch('train', { metadata: { finalizers: null } });
    await scene.delete('train');
    await scene.untilGone('train');
    await scene.create('train', H100, {
      [ANNOTATIONS.intent]: saved.metadata.annotations[ANNOTATIONS.intent] ?? '',
    });
    await scene.startOperator();
    await untilAdopted(scene, 'train', runningId);
  });
});

describe('copies that wait', () => {
  it('ask the API server for no list: the watch cache knows whose order they carry', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('owner', H100);
    const { metadata } = await scene.untilReady('owner');
    const annotations = { [ANNOTATIONS.intent]: metadata.annotations[ANNOTATIONS.intent] ?? '' };
    const before = await lists(scene);
    const names = Array.from({ length: 10 }, (_, index) => `copy-${index}`);
    for (const name of names) {
      await scene.create(name, { gpu: { types: ['B200_180GB'] }, maxPrice: 0.01 }, annotations);
    }
    for (const name of names) {
      await scene.until(name, 'a search', ({ status }) => status.observedGeneration > 0);
    }
    await scene.quietRounds(6);
    expect((await lists(scene)) - before).toBe(0);
  });
});

/** LISTs of GpuPods that the API server has answered, by its own count. */
async function lists(scene: Scene): Promise<number> {
  const { stdout } = await scene.bench.controlPlane.kubectl(['get', '--raw', '/metrics']);
  const counts = stdout
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{') && line.includes('resource="gpupods"'))
    .filter((line) => line.includes('verb="LIST"'))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return counts.reduce((sum, count) => sum + count, 0);
}
