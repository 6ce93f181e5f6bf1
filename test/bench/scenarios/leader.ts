import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage } from '../stage.ts';

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
    await stage.untilCounted('Ready', count);
    const readyMs = systemClock.monotonicMs() - killedAtMs;
    return [
      measured('death of the leader until all Ready', readyMs / 1_000, 's'),
      measured('instances', ledger.entries().length / count, 'per GpuPod'),
      measured('create requests', requests.count({ method: 'POST', path: '/pods/' }) / count, 'per GpuPod'),
      measured('provider requests', requests.count() / count, 'per GpuPod'),
    ];
  } finally {
    await stage.close();
  }
}
