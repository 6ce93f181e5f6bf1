import { describe, expect, it } from '@jest/globals';
import type { Moment } from './boundary.ts';
import { judgeEnd } from './oracles.ts';
import { Simulation } from './simulation.ts';

const COUNT = 30;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);
const DEADLY_CREATE = 10;
const LEASE_MS = 15_000;
/** Until a create intent has surely had no effect: 70 s for its request, and 90 s until lists show its instance. */
const PROOF_MS = 160_000;
/** To take the first list, to rent one after the other, and until the provider's instances are ready. */
const WORK_MS = 15_000;

/** When each GpuPod became Ready, in milliseconds after the leader died in the tenth create request. */
async function takeOver(
  moment: Moment,
  hasStandby: boolean,
): Promise<{
  readonly readyAfterMs: readonly number[];
  readonly simulation: Simulation;
}> {
  let creates = 0;
  let diedAtMs = 0;
  const simulation = new Simulation({
    isTraced: false,
    hasStandby,
    restartMs: LEASE_MS,
    provider: { provisioningMs: 2_000, installingMs: 0, deletingMs: 4_000 },
    faultPlan: ({ label }) => {
      creates += label === 'POST /pods/' ? 1 : 0;
      if (label !== 'POST /pods/' || creates !== DEADLY_CREATE || diedAtMs > 0) return [];
      diedAtMs = simulation.time.nowMs;
      return [{ kind: 'crash', moment }];
    },
  });
  const readyAtMs = new Map<string, number>();
  simulation.server.onChange(({ kind, object: { metadata } }) => {
    if (kind === 'gpupods' && !readyAtMs.has(metadata.name) && simulation.isReady(metadata.name)) {
      readyAtMs.set(metadata.name, simulation.time.nowMs);
    }
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  for (const name of NAMES) simulation.apply(name);
  await simulation.until('all are ready', () => readyAtMs.size === COUNT);
  judgeEnd(simulation);
  const readyAfterMs = [...readyAtMs.values()].map((atMs) => atMs - diedAtMs).toSorted((a, b) => a - b);
  return { readyAfterMs, simulation };
}

describe('after the leader has died in a create request', () => {
  it.each<{ name: string; moment: Moment; hasStandby: boolean; lastMs: number; why: string }>([
    {
      name: 'the standby proves that it created nothing',
      moment: 'before',
      hasStandby: true,
      lastMs: PROOF_MS + WORK_MS,
      why: 'it received the create intent when it was written, so the Lease runs out meanwhile',
    },
    {
      name: 'a new process proves that it created nothing',
      moment: 'before',
      hasStandby: false,
      lastMs: LEASE_MS + PROOF_MS + WORK_MS,
      why: 'it sees the create intent only now',
    },
    {
      name: 'the standby adopts the instance',
      moment: 'sent',
      hasStandby: true,
      lastMs: LEASE_MS + WORK_MS,
      why: 'the first list shows it',
    },
  ])('$name, and no other GpuPod waits for that: $why', async ({ moment, hasStandby, lastMs }) => {
    const { readyAfterMs, simulation } = await takeOver(moment, hasStandby);
    expect(readyAfterMs.at(-2)).toBeLessThan(LEASE_MS + WORK_MS);
    expect(readyAfterMs.at(-1)).toBeLessThan(lastMs);
    expect(simulation.journal.violations).toEqual([]);
    expect(simulation.api.world.ledger.entries().filter(({ origin }) => origin !== 'Planted')).toHaveLength(
      COUNT,
    );
  });
});
