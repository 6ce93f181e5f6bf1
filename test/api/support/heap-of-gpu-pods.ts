import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { keptGpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';

/**
 * Runs as a process of its own. It holds GpuPods that have names, IDs and times of their own, and prints how many bytes
 * of heap each of them takes: as it was received, and in the form that the watch cache keeps.
 */
const COUNT = 2_000;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function received(index: number): object {
  const id = `${String(index)}-of-this-gpu-pod-alone`;
  const at = new Date(Date.UTC(2026, 10, 23) + index * 1_000).toISOString();
  const createIntent = intent({ name: `gp-${id}`, uid: id, startedAt: at });
  const conditions = (['Ready', 'Synced', 'OfferSelected', 'Provisioned'] as const).map((type) => ({
    ...condition('Ready', 'Available'),
    type,
    ...{
      lastTransitionTime: at,
      message: `The same of all GpuPods about ${type}, as long as a usual message.`,
    },
  }));
  const status = rentedStatus(
    {
      podId: id,
      podName: createIntent.name,
      podIdProof: `proof-${id}`,
      conditions,
      createdAt: at,
      readyAt: at,
    },
    { podName: createIntent.name, startedAt: at },
  );
  return rawGpuPod({ name: id, uid: id, intent: createIntent, status });
}

function bytesOfEach(made: () => unknown[]): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const held = made();
  collect();
  return (process.memoryUsage().heapUsed - before) / held.length;
}

const texts = Array.from({ length: COUNT }, (_, index) => JSON.stringify(received(index)));
function parsed(): object[] {
  return texts.map((text) => JSON.parse(text) as object);
}

const bytes = { received: bytesOfEach(parsed), kept: bytesOfEach(() => parsed().map(keptGpuPod)) };
process.stdout.write(JSON.stringify({ ...bytes, texts: texts.length }));
