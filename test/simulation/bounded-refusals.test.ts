import { describe, expect, it } from '@jest/globals';
import { annotate } from './people.ts';
import { numberAt } from '../../src/json.ts';
import { reasonOf, statusOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

const CREATE = { method: 'POST', path: '/pods/' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function begin(status: number, detail: string): SimulatedWorld {
  const world = new SimulatedWorld();
  world.api.faults.add({ ...CREATE, effect: { kind: 'Answer', status, body: { detail } } });
  world.startOperator();
  world.apply();
  return world;
}

function creates(world: SimulatedWorld): number {
  return world.api.requests.count(CREATE);
}

function isStalled(world: SimulatedWorld): boolean {
  const object = world.object();
  return object !== undefined && reasonOf(object, 'Stalled') === 'AttemptsExhausted';
}

/** The count in the status. */
function countedIn(world: SimulatedWorld): number {
  const object = world.object();
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
    const world = begin(status, detail);
    await world.until('stalled', () => isStalled(world), 60 * DAY_MS);
    expect(creates(world)).toBe(most);
    expect(JSON.stringify(world.object()?.['status'])).toContain('refused requests cost nothing');
    await world.pass(DAY_MS);
    expect(creates(world)).toBe(most);
    annotate('gpupod.dev/reconcile-requested-at', 'once more')(world);
    await world.until('asked again', () => creates(world) > most, DAY_MS);
  });

  it('keep their count over the death of every process', async () => {
    const world = begin(400, 'The moon is full');
    let seen = 0;
    await world.until(
      'stalled',
      () => {
        const counted = countedIn(world);
        if (counted > seen) {
          seen = counted;
          world.operator.kill();
        }
        return isStalled(world);
      },
      10 * DAY_MS,
    );
    expect(seen).toBe(10);
    expect(creates(world)).toBe(10);
    expect(JSON.stringify(world.object()?.['status'])).toContain('10 create requests were refused');
  });

  it('do not stall a GpuPod when they concern the account: it gets an instance once the wallet is filled', async () => {
    const world = begin(402, 'Insufficient balance');
    await world.pass(20 * HOUR_MS);
    expect(creates(world)).toBeGreaterThan(20);
    expect(isStalled(world)).toBe(false);
    world.api.faults.clear();
    await world.until('ready', () => world.isReady(), HOUR_MS);
  });
});
