import { describe, expect, it } from '@jest/globals';
import { numberAt } from '../../src/json.ts';
import { annotate } from './people.ts';
import { reasonOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const CREATE = { method: 'POST', path: '/pods/' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function begin(status: number, detail: string): Simulation {
  const simulation = new Simulation();
  simulation.api.faults.add({ ...CREATE, effect: { kind: 'Answer', status, body: { detail } } });
  simulation.startOperator();
  simulation.apply();
  return simulation;
}

function creates(simulation: Simulation): number {
  return simulation.api.requests.count(CREATE);
}

function isStalled(simulation: Simulation): boolean {
  const object = simulation.object();
  return object !== undefined && reasonOf(object, 'Stalled') === 'AttemptsExhausted';
}

/** The count in the status. */
function countedIn(simulation: Simulation): number {
  const object = simulation.object();
  return object === undefined ? 0 : (numberAt(statusOf(object), 'refusedAttempts') ?? 0);
}

describe('create requests that are refused', () => {
  it.each([
    { detail: 'The moon is full', status: 400, most: 10 },
    { detail: 'Templates need a plan', status: 402, most: 10 },
    { detail: 'The price is above your maximum price', status: 400, most: 10 },
    { detail: 'Too many requests to this region', status: 400, most: 10 },
    { detail: 'GPU is no longer available', status: 400, most: 100 },
  ])('stall the GpuPod after $most: $status $detail', async ({ status, detail, most }) => {
    const simulation = begin(status, detail);
    await simulation.until('stalled', () => isStalled(simulation), 60 * DAY_MS);
    expect(creates(simulation)).toBe(most);
    expect(JSON.stringify(simulation.object()?.['status'])).toContain('refused requests cost nothing');
    await simulation.pass(DAY_MS);
    expect(creates(simulation)).toBe(most);
    annotate('gpupod.dev/reconcile-requested-at', 'once more')(simulation);
    await simulation.until('asked again', () => creates(simulation) > most, DAY_MS);
  });

  it('keep their count over the death of every process', async () => {
    const simulation = begin(400, 'The moon is full');
    let seen = 0;
    await simulation.until(
      'stalled',
      () => {
        const counted = countedIn(simulation);
        if (counted > seen) {
          seen = counted;
          simulation.operator.kill();
        }
        return isStalled(simulation);
      },
      10 * DAY_MS,
    );
    expect(seen).toBe(10);
    expect(creates(simulation)).toBe(10);
    expect(JSON.stringify(simulation.object()?.['status'])).toContain('10 create requests were refused');
  });

  it('do not stall a GpuPod when they concern the account: it gets an instance once the wallet is filled', async () => {
    const simulation = begin(402, 'Insufficient balance');
    await simulation.pass(20 * HOUR_MS);
    expect(creates(simulation)).toBeGreaterThan(20);
    expect(isStalled(simulation)).toBe(false);
    simulation.api.faults.clear();
    await simulation.until('ready', () => simulation.isReady(), HOUR_MS);
  });
});
