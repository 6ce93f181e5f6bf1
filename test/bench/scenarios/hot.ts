import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage } from '../stage.ts';
import { readyAndGone } from './single.ts';

const EVERY_MS = 50;
const TRIES = 9;
const HOT = 'pod-0';

/** One GpuPod at a time, while somebody changes another one twenty times a second. Compared with no changes. */
export async function measureHot(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit);
  const stopping = new AbortController();
  try {
    await stage.createAll(namesOf(count));
    await stage.untilCounted('Ready', count);
    const calm = await readyAndGone(stage, 'calm', TRIES);
    const edits = editAll(stage, stopping.signal);
    const hot = await readyAndGone(stage, 'hot', TRIES);
    stopping.abort();
    return [
      measured('edits of one GpuPod', await edits, 'in all'),
      measured('apply until Ready of others, compared with no edits', hot.readyMs / calm.readyMs, 'times'),
      measured('delete until gone of others, compared with no edits', hot.goneMs / calm.goneMs, 'times'),
    ];
  } finally {
    stopping.abort();
    await stage.close();
  }
}

/** Returns the number of edits. */
async function editAll({ scene }: Stage, signal: AbortSignal): Promise<number> {
  let edits = 0;
  while (!signal.aborted) {
    await scene.annotate(HOT, { 'example.com/edit': String(edits) });
    edits += 1;
    await systemClock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
  return edits;
}
