import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured, median } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { LIFE, namesOf, PROVIDER_MS, Stage, timedMs } from '../stage.ts';

const TRIES = 9;

/** One GpuPod at a time, while all others are Ready and at rest. The provider's own time is subtracted. */
export async function measureSingle(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit);
  try {
    await stage.createAll(namesOf(count));
    await stage.untilCounted('Ready', count);
    const { readyMs, worstReadyMs, goneMs, worstGoneMs } = await readyAndGone(stage, 'single', TRIES);
    return [
      measured('apply until Ready, beyond the provider, median', (readyMs - PROVIDER_MS) / 1_000, 's'),
      measured('apply until Ready, beyond the provider, worst', (worstReadyMs - PROVIDER_MS) / 1_000, 's'),
      measured('delete until gone, beyond the provider, median', (goneMs - LIFE.deletingMs) / 1_000, 's'),
      measured('delete until gone, beyond the provider, worst', (worstGoneMs - LIFE.deletingMs) / 1_000, 's'),
    ];
  } finally {
    await stage.close();
  }
}

/** How long single GpuPods take, one after the other: medians and the worst, with the provider's own time. */
export interface SingleTimes {
  readonly readyMs: number;
  readonly worstReadyMs: number;
  readonly goneMs: number;
  readonly worstGoneMs: number;
}

/** Creates and deletes GpuPods one after the other. */
export async function readyAndGone(stage: Stage, prefix: string, tries: number): Promise<SingleTimes> {
  const readyMs: number[] = [];
  const goneMs: number[] = [];
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const name = `${prefix}-${String(attempt)}`;
    readyMs.push(
      await timedMs(async () => {
        await stage.createAll([name]);
        await stage.scene.untilReady(name);
      }),
    );
    goneMs.push(
      await timedMs(async () => {
        await stage.deleteAll([name]);
        await stage.scene.untilGone(name);
      }),
    );
  }
  return {
    readyMs: median(readyMs),
    worstReadyMs: Math.max(...readyMs),
    goneMs: median(goneMs),
    worstGoneMs: Math.max(...goneMs),
  };
}
