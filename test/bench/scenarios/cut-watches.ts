import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { Bench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

const EVERY_MS = 5_000;

/** All at once until Ready and until gone, while every watch breaks after five seconds. */
export async function measureCutWatches(
  bench: Bench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const names = namesOf(count);
  const stage = await Stage.open(bench, audit, { proxied: bench.controlPlane });
  const stopping = new AbortController();
  try {
    const cuts = cutAll(stage, stopping.signal);
    const readyMs = await timedMs(async () => {
      await stage.createAll(names);
      await stage.untilCounted('Ready', count);
    });
    const goneMs = await timedMs(async () => {
      await stage.deleteAll(names);
      await stage.untilCounted('any', 0);
    });
    stopping.abort();
    return [
      measured('watches cut', await cuts, 'in all'),
      measured('all Ready', readyMs / 1_000, 's'),
      measured('all gone', goneMs / 1_000, 's'),
      measured('lists of GpuPods', listsThrough(stage), 'in all'),
      measured('instances', stage.scene.simulator.ledger.entries().length / count, 'per GpuPod'),
    ];
  } finally {
    stopping.abort();
    await stage.close();
  }
}

/** Returns how often it cut the watches. */
async function cutAll({ proxy }: Stage, signal: AbortSignal): Promise<number> {
  let cuts = 0;
  while (!signal.aborted) {
    await systemClock.sleep(EVERY_MS, signal).catch(() => undefined);
    proxy?.watches.cut();
    cuts += 1;
  }
  return cuts;
}

/** First pages only: a list of many pages is one list. */
function listsThrough({ proxy }: Stage): number {
  return (proxy?.requests ?? []).filter(
    ({ method, path, query }) =>
      method === 'GET' && path.endsWith('/gpupods') && !query.has('watch') && !query.has('continue'),
  ).length;
}
