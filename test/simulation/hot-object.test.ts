import { describe, expect, it } from '@jest/globals';
import { Simulation } from './simulation.ts';

const HOT = 'hot';
const OTHERS = ['train-1', 'train-2', 'train-3'];
const EDITS = 600;
const EVERY_MS = 50;

/** What the provider and the cluster are asked, and when the others got ready, with and without edits of one object. */
async function live(isHot: boolean): Promise<{
  readonly calls: Readonly<Record<string, number>>;
  readonly readyAtMs: readonly number[];
}> {
  const calls: Record<string, number> = {};
  let isCounting = false;
  const simulation = new Simulation({
    isTraced: false,
    faultPlan: ({ label }) => {
      if (isCounting) calls[label] = (calls[label] ?? 0) + 1;
      return [];
    },
  });
  const readyAtMs = new Map<string, number>();
  simulation.server.onChange(({ kind, object }) => {
    const { name } = object.metadata;
    if (kind === 'gpupods' && !readyAtMs.has(name) && simulation.isReady(name)) {
      readyAtMs.set(name, simulation.time.nowMs);
    }
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply(HOT);
  await simulation.until('the hot one is ready', () => simulation.isReady(HOT));
  await simulation.pass(1_000);
  isCounting = true;
  for (const name of OTHERS) simulation.apply(name);
  for (let edit = 0; edit < EDITS; edit += 1) {
    if (isHot) {
      simulation.edit((object) => {
        const annotations = { ...object.metadata.annotations, edit: String(edit) };
        return { ...object, metadata: { ...object.metadata, annotations } };
      }, HOT);
    }
    await simulation.pass(EVERY_MS);
  }
  await simulation.until('the others are ready', () => OTHERS.every((name) => simulation.isReady(name)));
  return { calls, readyAtMs: OTHERS.map((name) => readyAtMs.get(name) ?? Infinity) };
}

describe('a GpuPod that somebody changes twenty times a second', () => {
  it('costs no request and no write, and makes nobody else later', async () => {
    const undisturbed = await live(false);
    const hot = await live(true);
    expect(hot).toEqual(undisturbed);
    expect(undisturbed.calls['PUT gpupods/status']).toBe(3 * OTHERS.length);
  });
});
