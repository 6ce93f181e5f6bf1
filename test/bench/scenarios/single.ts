import type { Audit } from '../../support/audit.ts';
import type { Bench } from '../../support/bench.ts';
import { measured, median } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { LIFE, namesOf, PROVIDER_MS, Stage, timedMs } from '../stage.ts';

const TRIES = 9;

/** One GpuPod at a time, while all others are Ready and at rest. The provider's own time is subtracted. */
export async function measureSingle(
  bench: Bench,
  audit: Audit,
  count: number,
): Promise<readonly Measurement[]> {
  const stage = await Stage.open(bench, audit);
  const readyMs: number[] = [];
  const goneMs: number[] = [];
  try {
    await stage.createAll(namesOf(count));
    await stage.untilCounted('Ready', count);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const name = `single-${String(attempt)}`;
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
  } finally {
    await stage.close();
  }
  return [
    measured('apply until Ready, beyond the provider, median', (median(readyMs) - PROVIDER_MS) / 1_000, 's'),
    measured(
      'apply until Ready, beyond the provider, worst',
      (Math.max(...readyMs) - PROVIDER_MS) / 1_000,
      's',
    ),
    measured(
      'delete until gone, beyond the provider, median',
      (median(goneMs) - LIFE.deletingMs) / 1_000,
      's',
    ),
    measured(
      'delete until gone, beyond the provider, worst',
      (Math.max(...goneMs) - LIFE.deletingMs) / 1_000,
      's',
    ),
  ];
}
