import { describe, expect, it } from '@jest/globals';
import { judgeEnd } from './oracles.ts';
import { Simulation } from './simulation.ts';

const COUNT = 50;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);
const REST_MS = 10 * 60_000;

type Calls = Readonly<Record<string, number>>;

/** What a number of GpuPods cost from apply to Ready, at rest, and until the last one is deleted. */
async function live(): Promise<{ simulation: Simulation; toReady: Calls; atRest: Calls; toGone: Calls }> {
  let calls: Record<string, number> = {};
  const simulation = new Simulation({
    isTraced: false,
    provider: { provisioningMs: 2_000, installingMs: 0, deletingMs: 4_000 },
    faultPlan: ({ label }) => {
      calls[label] = (calls[label] ?? 0) + 1;
      return [];
    },
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  const count = async (run: () => Promise<void>): Promise<Calls> => {
    calls = {};
    await run();
    return calls;
  };
  const toReady = await count(async () => {
    for (const name of NAMES) simulation.apply(name);
    await simulation.until('all are ready', () => NAMES.every((name) => simulation.isReady(name)));
  });
  await simulation.pass(1_000);
  const atRest = await count(async () => {
    await simulation.pass(REST_MS);
  });
  const toGone = await count(async () => {
    for (const name of NAMES) simulation.delete(name);
    await simulation.until('all are deleted', () => simulation.objects().length === 0);
  });
  return { simulation, toReady, atRest, toGone };
}

/** The requests of some kind. */
function only(calls: Calls, isWanted: (label: string) => boolean): Calls {
  return Object.fromEntries(Object.entries(calls).filter(([label]) => isWanted(label)));
}

function isOfProvider(label: string): boolean {
  return label.includes(' /');
}

describe(`${String(COUNT)} GpuPods`, () => {
  it('cost few requests and writes each, none at rest, and one inventory proves all their ends', async () => {
    const { simulation, toReady, atRest, toGone } = await live();
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
    expect(only(toReady, (label) => !isOfProvider(label))).toEqual({
      'PATCH gpupods intent': COUNT,
      'PUT gpupods/status': 2 * COUNT,
      'POST secrets': COUNT,
    });
    expect(only(toReady, isOfProvider)).toEqual({
      'GET /availability/gpus': 1,
      'POST /pods/': COUNT,
      'GET /pods/status': 5,
      'GET /pods/': 4,
    });
    expect(only(atRest, (label) => !label.startsWith('GET'))).toEqual({});
    expect(only(atRest, isOfProvider)).toEqual({
      'GET /pods/status': 10,
      'GET /pods/': 2,
      'GET /pods/history': 2,
    });
    expect(only(toGone, (label) => label !== 'GET secrets')).toEqual({
      'DELETE /pods/{id}': COUNT,
      'PATCH gpupods finalizers': COUNT,
      'GET /pods/status': 5,
      'GET /pods/': 1,
      'GET /pods/history': 1,
    });
  });
});
