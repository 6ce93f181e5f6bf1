import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import { systemClock } from '../../src/clock.ts';
import { createNamespace } from '../support/bench.ts';
import type { SceneBench } from '../support/bench.ts';

/** The status that the loop writes, about as large as the operator's. */
const MESSAGE = 'A sentence of about the length that a condition of the operator has, for a person to read.';
const CONDITION_TYPES = ['Ready', 'Synced', 'OfferSelected', 'Provisioned'];
const STATUS_WRITES = 3;
const PARALLEL = 32;

/**
 * The same objects and writes that the operator makes until Ready, in a bare loop that decides nothing. This is what
 * the API server needs at best, in milliseconds.
 */
export async function measureFloor(bench: SceneBench, names: readonly string[]): Promise<number> {
  const namespace = await createNamespace(bench);
  const startedMs = systemClock.monotonicMs();
  await inParallel(PARALLEL, names, async (name) => {
    const made = await bench.gpuPods.create(namespace, {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name },
      spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
    });
    const { uid, resourceVersion } = made.metadata;
    const annotations = { 'example.com/intent': MESSAGE.repeat(8) };
    let held = await bench.gpuPods.patchMetadata({
      ...{ namespace, name, uid, resourceVersion },
      metadata: { annotations },
    });
    await bench.secrets.create(namespace, {
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name },
      stringData: { uri: MESSAGE },
    });
    for (let write = 0; write < STATUS_WRITES; write += 1) {
      held = await bench.gpuPods.replaceStatus({ ...held, status: statusOf(write) });
    }
  });
  return systemClock.monotonicMs() - startedMs;
}

function statusOf(write: number): object {
  const conditions = CONDITION_TYPES.map((type) => ({
    type,
    status: 'False',
    reason: `Write${String(write)}`,
    message: MESSAGE,
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }));
  return { observedGeneration: 1, phase: 'Pending', conditions };
}
