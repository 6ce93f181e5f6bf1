import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { systemClock } from '../../../src/clock.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage } from '../stage.ts';

const SCRAPE_MS = 500;

/** All at once. When half of the instances are rented, the leader is killed, and the standby takes over. */
export async function measureLeader(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit);
  try {
    stage.startStandby();
    const { requests, ledger } = stage.scene.simulator;
    await stage.createAll(namesOf(count));
    await stage.scene.untilTrue(
      'half of the instances are rented',
      () => ledger.entries().length >= count / 2,
    );
    await stage.killOperator();
    const killedAtMs = systemClock.monotonicMs();
    const sinceMs = (): number => systemClock.monotonicMs() - killedAtMs;
    const open = await countOpenIntents(stage);
    const isListed = requests.count({ method: 'GET', path: '/pods/' });
    await stage.scene.untilTrue(
      'the next leader has begun its first list',
      () => requests.count({ method: 'GET', path: '/pods/' }) > isListed,
    );
    const leadsMs = sinceMs();
    await stage.untilScraped(({ phases }) => (phases['Ready'] ?? 0) >= count - open, SCRAPE_MS);
    const othersMs = sinceMs();
    await stage.untilCounted('Ready', count);
    const readyMs = sinceMs();
    return [
      measured('create intents without an instance at the death', open, 'in all'),
      measured('death of the leader until the first list of the next', leadsMs / 1_000, 's'),
      measured('death of the leader until all others Ready', othersMs / 1_000, 's'),
      measured('death of the leader until all Ready', readyMs / 1_000, 's'),
      measured('instances', ledger.entries().length / count, 'per GpuPod'),
      measured('create requests', requests.count({ method: 'POST', path: '/pods/' }) / count, 'per GpuPod'),
      measured('provider requests', requests.count() / count, 'per GpuPod'),
    ];
  } finally {
    await stage.close();
  }
}

/** GpuPods whose instance is not recorded. Its request may have been sent or not. */
async function countOpenIntents({ bench, scene }: Stage): Promise<number> {
  const gpuPods = await bench.gpuPods.list({ namespace: scene.namespace });
  return gpuPods.filter(
    (gpuPod) =>
      gpuPod.metadata.annotations?.[ANNOTATIONS.intent] !== undefined &&
      stringAt(recordAt(gpuPod, 'status'), 'podId') === undefined,
  ).length;
}
