import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

/** All at once, while the provider allows so few requests. How much of the limit is used, and how often is it exceeded? */
export async function measureLimited(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
  requestsPerSecond: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit, {
    settings: { requestsPerSecond, requestBurst: requestsPerSecond },
  });
  try {
    const { requests } = stage.scene.simulator;
    const before = { all: requests.count(), refused: requests.count({ status: 429 }) };
    const tookMs = await timedMs(async () => {
      await stage.createAll(namesOf(count));
      await stage.untilCounted('Ready', count);
    });
    const sent = requests.count() - before.all;
    const refused = requests.count({ status: 429 }) - before.refused;
    return [
      measured('all Ready', tookMs / 1_000, 's'),
      measured('provider requests', sent, 'in all'),
      measured('of the limit used', (sent - refused) / (requestsPerSecond * (tookMs / 1_000)), 'share'),
      measured('answered 429', refused / sent, 'share'),
    ];
  } finally {
    await stage.close();
  }
}
