import { describe, expect, it } from '@jest/globals';
import { Simulation } from './simulation.ts';

const COUNT = 50;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

type Decisions = Readonly<Record<string, number>>;

/** The decisions about all GpuPods from apply to Ready. Each costs processor time, whatever comes of it. */
async function decisionsToReady(watchDelayMs: number): Promise<Decisions> {
  const decisions: Record<string, number> = {};
  const simulation = new Simulation({
    isTraced: false,
    watchDelayMs,
    provider: { provisioningMs: 2_000, installingMs: 0, deletingMs: 4_000 },
    plant: {
      plan: (decide) => (observation) => {
        const step = decide(observation);
        const name = step.kind === 'rest' ? 'rest' : step.effect.type;
        decisions[name] = (decisions[name] ?? 0) + 1;
        return step;
      },
    },
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  for (const name of NAMES) simulation.apply(name);
  await simulation.until('all are ready', () => NAMES.every((name) => simulation.isReady(name)));
  return decisions;
}

describe(`${String(COUNT)} GpuPods at once, of which two may search and two may create`, () => {
  it.each([
    { shown: 'after the response', watchDelayMs: 20 },
    { shown: 'before the response', watchDelayMs: 0 },
  ])('take few decisions if the watch shows each write $shown', async ({ watchDelayMs }) => {
    const { rest = 0, ...acts } = await decisionsToReady(watchDelayMs);
    expect(acts).toEqual({
      // Refused a slot for the search, then called to one and refused a slot to create, then called to that.
      readOffers: 2 + 3 * (COUNT - 2),
      createPod: 2 * COUNT - 2,
      writeStatus: COUNT,
      ensureSecret: COUNT,
    });
    // After the create response, and for each change that a poll or list shows. A write of its own is none.
    expect(rest / COUNT).toBeLessThanOrEqual(5.4);
  });
});
