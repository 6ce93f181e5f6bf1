import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { messageOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import { slowPatches } from './slow-patches.ts';

const MINUTE_MS = 60_000;

function slowSimulation(ms: number): Simulation {
  const simulation: Simulation = new Simulation({
    settings: { isRateLimited: true },
    plant: {
      ports: slowPatches(
        () => simulation,
        () => ms,
      ),
    },
  });
  return simulation;
}

function posts({ api }: Simulation): number {
  return api.requests.count({ method: 'POST', path: '/pods/' });
}

describe('an API server that writes slowly', () => {
  it.each([
    { ms: 9_000, isLate: false },
    { ms: 12_000, isLate: true },
    { ms: 29_000, isLate: true },
  ])(
    'leads to one create request, and the create intent has its deadline: $ms ms',
    async ({ ms, isLate }) => {
      const simulation = slowSimulation(ms);
      simulation.startOperator();
      simulation.apply();
      await simulation.until('ready', () => simulation.isReady(), 10 * MINUTE_MS);
      expect(posts(simulation)).toBe(1);
      expect(simulation.object()?.metadata.annotations?.[ANNOTATIONS.intent]?.includes('sendWithinMs')).toBe(
        isLate,
      );
    },
  );

  it('leads to no create request if no time is enough, and the status says what is slow', async () => {
    const simulation = slowSimulation(130_000);
    simulation.startOperator();
    simulation.apply();
    await simulation.pass(20 * MINUTE_MS);
    expect(posts(simulation)).toBe(0);
    expect(messageOf(simulation.object(), 'Synced')).toContain('took longer to write the create intent');
  });
});

describe('a Lease that never seems renewed', () => {
  it('holds back create requests until it is renewed, and the status says why', async () => {
    const simulation = new Simulation();
    const operator = simulation.startOperator();
    operator.isLeaseFresh = false;
    simulation.apply();
    await simulation.pass(5 * MINUTE_MS);
    expect(posts(simulation)).toBe(0);
    // Each try writes the create intent, at growing intervals.
    expect(simulation.writes).toBeLessThan(30);
    expect(JSON.stringify(simulation.object()?.['status'])).toContain('The Lease was not renewed within');

    operator.isLeaseFresh = true;
    await simulation.until('ready', () => simulation.isReady(), 10 * MINUTE_MS);
    expect(posts(simulation)).toBe(1);
  });
});
