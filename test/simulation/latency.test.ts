import { describe, expect, it } from '@jest/globals';
import { judgeEnd } from './oracles.ts';
import { Simulation } from './simulation.ts';

/** The provider's own times in this simulation. */
const OWN_MS = { ready: 2_000, gone: 500 };

interface Moments {
  readonly ready: ReadonlyMap<string, number>;
  readonly gone: ReadonlyMap<string, number>;
}

/** The times at which each GpuPod became ready, and at which it was deleted. */
function watchMoments(simulation: Simulation): Moments {
  const ready = new Map<string, number>();
  const gone = new Map<string, number>();
  simulation.server.onChange(({ kind, type, object }) => {
    const { name } = object.metadata;
    if (kind !== 'gpupods') return;
    if (type === 'DELETED') gone.set(name, simulation.time.nowMs);
    else if (!ready.has(name) && simulation.isReady(name)) ready.set(name, simulation.time.nowMs);
  });
  return { ready, gone };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

/** In virtual time, so each run gives the same numbers. */
describe('the latency without the provider’s own times', () => {
  it.each([
    { count: 1, everyMs: 0, readyMs: 1_500, lastReadyMs: 1_500, goneMs: 2_000 },
    { count: 10, everyMs: 0, readyMs: 1_500, lastReadyMs: 3_000, goneMs: 2_000 },
    { count: 10, everyMs: 3_000, readyMs: 1_500, lastReadyMs: 1_500, goneMs: 2_000 },
    // Most of this is the limiter of a new process, which begins at 20 requests a second.
    { count: 100, everyMs: 0, readyMs: 5_500, lastReadyMs: 7_000, goneMs: 7_000 },
  ])(
    'is at the median at most $readyMs ms to Ready and $goneMs ms to the end of a deletion, for $count GpuPods, one each $everyMs ms',
    async ({ count, everyMs, readyMs, lastReadyMs, goneMs }) => {
      const names = Array.from({ length: count }, (_, index) => `train-${String(index)}`);
      const simulation = new Simulation({
        isTraced: false,
        provider: { provisioningMs: OWN_MS.ready, installingMs: 0, deletingMs: OWN_MS.gone },
        settings: { isRateLimited: true },
      });
      const { ready, gone } = watchMoments(simulation);
      const begun = new Map<string, number>();
      const each = async (act: (name: string) => void): Promise<void> => {
        for (const name of names) {
          begun.set(name, simulation.time.nowMs);
          act(name);
          await simulation.pass(everyMs);
        }
      };
      const took = (ended: ReadonlyMap<string, number>): readonly number[] =>
        names.map((name) => (ended.get(name) ?? Infinity) - (begun.get(name) ?? 0));

      simulation.startOperator();
      await simulation.pass(1_000);
      await each((name) => simulation.apply(name));
      await simulation.until('all are ready', () => ready.size === count);
      expect(median(took(ready)) - OWN_MS.ready).toBeLessThanOrEqual(readyMs);
      expect(Math.max(...took(ready)) - OWN_MS.ready).toBeLessThanOrEqual(lastReadyMs);
      await simulation.pass(7_777);
      await each((name) => simulation.delete(name));
      await simulation.until('all are gone', () => gone.size === count);
      expect(median(took(gone)) - OWN_MS.gone).toBeLessThanOrEqual(goneMs);
      judgeEnd(simulation);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
