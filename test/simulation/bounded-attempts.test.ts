import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { annotate } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import { podIdOf, reasonOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { surplusOf } from './oracles.ts';

const CREATE = { method: 'POST', path: '/pods/' } as const;
const BROKEN: FaultRuleInput = { ...CREATE, effect: { kind: 'Answer', status: 500 } };
const HOUR_MS = 3_600_000;

function creates(world: SimulatedWorld): number {
  return world.api.requests.count(CREATE);
}

function reasonAt(world: SimulatedWorld, type: string): string | undefined {
  const object = world.object();
  return object === undefined ? undefined : reasonOf(object, type);
}

function begin(...faults: readonly FaultRuleInput[]): SimulatedWorld {
  const world = new SimulatedWorld();
  for (const fault of faults) world.api.faults.add(fault);
  world.startOperator();
  world.apply();
  return world;
}

async function untilStalled(world: SimulatedWorld, limitMs = HOUR_MS): Promise<void> {
  await world.until('stalled', () => reasonAt(world, 'Stalled') === 'AttemptsExhausted', limitMs);
}

describe('create requests without a ready instance', () => {
  it('are sent three times, and again only when a person asks for it', async () => {
    const world = begin(BROKEN);
    await untilStalled(world);
    expect(creates(world)).toBe(3);
    await world.pass(24 * HOUR_MS);
    expect(creates(world)).toBe(3);
    annotate('gpupod.dev/reconcile-requested-at', 'once more')(world);
    await world.until('asked again', () => creates(world) > 3, 12 * HOUR_MS);
    await untilStalled(world, 12 * HOUR_MS);
    expect(creates(world)).toBe(6);
  });

  it('keep their count over refusals and over the death of every process', async () => {
    const moon = { kind: 'Answer', status: 400, body: { detail: 'The moon is full' } } as const;
    const world = begin({ ...CREATE, every: 2, effect: moon }, BROKEN);
    let seen = 0;
    await world.until(
      'stalled',
      () => {
        if (creates(world) > seen) {
          seen = creates(world);
          world.operator.kill();
        }
        return reasonAt(world, 'Stalled') === 'AttemptsExhausted';
      },
      12 * HOUR_MS,
    );
    expect(creates(world)).toBeLessThanOrEqual(6);
    await world.pass(24 * HOUR_MS);
    expect(creates(world)).toBeLessThanOrEqual(6);
  });

  it('leave no instance behind that lists show late', async () => {
    const world = begin({ ...CREATE, effect: { kind: 'AnswerAfter', status: 500 } }, hiddenFor(4 * 60_000));
    await untilStalled(world, 3 * HOUR_MS);
    expect(creates(world)).toBe(3);
    await world.pass(HOUR_MS);
    expect(surplusOf(world)).toEqual([]);
  });

  it('go on to the next offer at once, with a cooldown of the first one for this GpuPod only', async () => {
    const world = begin({ ...BROKEN, contains: 'n3-H100x1', times: 1 });
    await world.until('ready', () => world.isReady(), 600_000);
    expect(world.object()?.['status']).toMatchObject({ offer: { cloudId: 'gpu_1x_h100' } });
    world.apply('train-2');
    await world.until('the other is ready', () => world.isReady('train-2'), 600_000);
    expect(world.object('train-2')?.['status']).toMatchObject({ offer: { cloudId: 'n3-H100x1' } });
  });
});

describe('an instance that is renamed on the web page', () => {
  it.each([
    { when: 'while the operator runs', isDown: false },
    { when: 'while no operator runs', isDown: true },
  ])('stays ready and is terminated with its GpuPod: $when', async ({ isDown }) => {
    const world = begin();
    await world.until('ready', () => world.isReady());
    const podId = podIdOf(world.object()) ?? '';
    if (isDown) world.operator.kill();
    world.api.world.pods.rename(podId, 'my favourite');
    await world.pass(HOUR_MS);
    expect(world.isReady()).toBe(true);
    expect(reasonAt(world, 'Synced')).toBe('ReconcileSuccess');
    world.delete();
    await world.until('gone', () => world.object() === undefined, 600_000);
    expect(surplusOf(world)).toEqual([]);
  });
});
