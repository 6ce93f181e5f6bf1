import { describe, expect, it } from '@jest/globals';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
/** Two chunks of a status poll. */
const COUNT = 150;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

describe(`status polls of ${String(COUNT)} instances, of which every second request fails`, () => {
  it('cost no write, and wake no GpuPod', async () => {
    const simulation = new Simulation({ isTraced: false });
    simulation.startOperator();
    await simulation.pass(1_000);
    for (const name of NAMES) simulation.apply(name);
    await simulation.until(
      'all are ready',
      () => NAMES.every((name) => simulation.isReady(name)),
      20 * MINUTE_MS,
    );
    await simulation.pass(5 * MINUTE_MS);

    const { writes } = simulation;
    const rule = simulation.api.faults.add({
      method: 'GET',
      path: '/pods/status',
      every: 2,
      effect: { kind: 'Answer', status: 502, body: {} },
    });
    const polls = (): number => simulation.api.requests.count({ method: 'GET', path: '/pods/status' });
    const before = polls();
    await simulation.pass(5 * MINUTE_MS);
    expect(polls()).toBeGreaterThan(before + 8);
    expect(simulation.writes).toBe(writes);

    // Without any answer each GpuPod is reconciled once.
    simulation.api.faults.clear(rule);
    simulation.api.faults.add({
      method: 'GET',
      path: '/pods/status',
      effect: { kind: 'Answer', status: 502, body: {} },
    });
    await simulation.pass(5 * MINUTE_MS);
    expect(simulation.writes).toBe(writes + COUNT);
    expect(NAMES.every((name) => simulation.isReady(name))).toBe(true);
    expect(simulation.journal.violations).toEqual([]);
  });
});
