import { systemClock } from '../../../src/clock.ts';
import type { MemoryBench } from '../../support/memory-bench.ts';
import { plantReady } from '../../support/planted-ready.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage } from '../stage.ts';

const SEED = 'planted-seed';
const SETTLE_MS = 45_000;
const SCRAPE_MS = 50;

/** The operator starts with all GpuPods Ready, as the only process. */
export async function measureColdStart(
  { bench, audit, server }: MemoryBench,
  count: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit, { flags: { 'leader-elect': 'false' } });
  try {
    const { requests } = stage.scene.simulator;
    await stage.createAll([SEED]);
    await stage.scene.untilReady(SEED);
    await stage.killOperator();
    plantReady(stage.scene, server, SEED, namesOf(count - 1));
    const before = { writes: (await stage.writes()).length, requests: requests.count() };
    const startedMs = systemClock.monotonicMs();
    stage.startStandby();
    const first = await stage.untilScraped(({ reconciles }) => reconciles > 0, SCRAPE_MS);
    const firstMs = systemClock.monotonicMs() - startedMs;
    await systemClock.sleep(SETTLE_MS - firstMs);
    const settled = await stage.scrape();
    return [
      measured('start until the first decision', firstMs / 1_000, 's'),
      measured('operator CPU until then', first.cpuSeconds, 's'),
      measured('operator CPU, 45 s', settled.cpuSeconds, 's'),
      measured('Kubernetes writes', (await stage.writes()).length - before.writes, 'in all'),
      measured('provider requests', requests.count() - before.requests, 'in all'),
      measured('reconciles', settled.reconciles / count, 'per GpuPod'),
      measured('event loop lag p99', settled.eventLoopLagP99Seconds * 1_000, 'ms'),
      measured('memory, after the first decision', first.residentBytes / 2 ** 20, 'MiB'),
      measured('memory, after 45 s', settled.residentBytes / 2 ** 20, 'MiB'),
      measured('heap in use, after 45 s', settled.heapUsedBytes / 2 ** 20, 'MiB'),
    ];
  } finally {
    await stage.close();
  }
}
