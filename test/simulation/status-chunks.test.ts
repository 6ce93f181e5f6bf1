import { describe, expect, it } from '@jest/globals';
import { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;
/** Two chunks of a status poll. */
const COUNT = 150;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

describe(`status polls of ${String(COUNT)} instances, of which every second request fails`, () => {
  it('cost no write, and wake no GpuPod', async () => {
    const world = new SimulatedWorld({ isTraced: false });
    world.startOperator();
    await world.pass(1_000);
    for (const name of NAMES) world.apply(name);
    await world.until('all are ready', () => NAMES.every((name) => world.isReady(name)), 20 * MINUTE_MS);
    await world.pass(5 * MINUTE_MS);

    const { writes } = world;
    const rule = world.api.faults.add({
      method: 'GET',
      path: '/pods/status',
      every: 2,
      effect: { kind: 'Answer', status: 502, body: {} },
    });
    const polls = (): number => world.api.requests.count({ method: 'GET', path: '/pods/status' });
    const before = polls();
    await world.pass(5 * MINUTE_MS);
    expect(polls()).toBeGreaterThan(before + 8);
    expect(world.writes).toBe(writes);

    // Without any answer each GpuPod is reconciled once.
    world.api.faults.clear(rule);
    world.api.faults.add({
      method: 'GET',
      path: '/pods/status',
      effect: { kind: 'Answer', status: 502, body: {} },
    });
    await world.pass(5 * MINUTE_MS);
    expect(world.writes).toBe(writes + COUNT);
    expect(NAMES.every((name) => world.isReady(name))).toBe(true);
    expect(world.journal.violations).toEqual([]);
  });
});
