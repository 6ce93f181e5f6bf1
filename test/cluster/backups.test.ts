import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** A GpuPod from a backup of the time when its first attempt was ready. Now its second attempt is. */
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

describe('a restore from a backup', () => {
  it('does not terminate the running instance, for an older status and for the whole object with another uid', async () => {
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

    // The GpuPod is removed without the operator, and applied again.
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

describe('waiting copies', () => {
  it('cause no list request, because the watch cache shows the owner of their create intent', async () => {
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

/** The number of LISTs of GpuPods, by the API server's own count. */
async function lists(scene: Scene): Promise<number> {
  const { stdout } = await scene.bench.controlPlane.kubectl(['get', '--raw', '/metrics']);
  const counts = stdout
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{') && line.includes('resource="gpupods"'))
    .filter((line) => line.includes('verb="LIST"'))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return counts.reduce((sum, count) => sum + count, 0);
}
