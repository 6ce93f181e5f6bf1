import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, PROVIDER_MS, Stage, timedMs } from '../stage.ts';

const SETTLE_MS = 30_000;
const NEW = 'new-one';

/** The operator is killed with all GpuPods Ready, and starts again. Before that, a person creates one more. */
export async function measureRestart(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const names = namesOf(count);
  const stage = await Stage.open(bench, audit);
  try {
    await stage.createAll(names);
    await stage.untilCounted('Ready', count);
    await stage.killOperator();
    const { requests } = stage.scene.simulator;
    const before = { writes: (await stage.writes()).length, requests: requests.count() };
    const startedMs = systemClock.monotonicMs();
    await stage.createAll([NEW]);
    let workingMs = 0;
    const newReadyMs = await timedMs(async () => {
      await stage.startOperator();
      workingMs = systemClock.monotonicMs() - startedMs;
      await stage.scene.untilReady(NEW);
    });
    await systemClock.sleep(SETTLE_MS);
    const after = { writes: (await stage.writes()).length, requests: requests.count() };
    const { residentBytes, cpuSeconds } = await stage.scrape();
    return [
      measured('start until the first provider request', workingMs / 1_000, 's'),
      measured(
        'start until a new GpuPod is Ready, beyond the provider',
        (newReadyMs - PROVIDER_MS) / 1_000,
        's',
      ),
      measured(
        'Kubernetes writes after the restart, with the new one',
        after.writes - before.writes,
        'in all',
      ),
      measured('provider requests after the restart', after.requests - before.requests, 'in all'),
      measured('operator CPU, 30 s', cpuSeconds, 's'),
      measured('memory, 30 s after the start', residentBytes / 2 ** 20, 'MiB'),
    ];
  } finally {
    await stage.close();
  }
}
