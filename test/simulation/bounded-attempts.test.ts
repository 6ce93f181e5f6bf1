import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { annotate } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import { podIdOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import { surplusOf } from './oracles.ts';

const CREATE = { method: 'POST', path: '/pods/' } as const;
const BROKEN: FaultRuleInput = { ...CREATE, effect: { kind: 'Answer', status: 500 } };
const HOUR_MS = 3_600_000;

function creates(simulation: Simulation): number {
  return simulation.api.requests.count(CREATE);
}

function reasonAt(simulation: Simulation, type: string): string | undefined {
  const object = simulation.object();
  return object === undefined ? undefined : reasonOf(object, type);
}

function begin(...faults: readonly FaultRuleInput[]): Simulation {
  const simulation = new Simulation();
  for (const fault of faults) simulation.api.faults.add(fault);
  simulation.startOperator();
  simulation.apply();
  return simulation;
}

async function untilStalled(simulation: Simulation, limitMs = HOUR_MS): Promise<void> {
  await simulation.until('stalled', () => reasonAt(simulation, 'Stalled') === 'AttemptsExhausted', limitMs);
}

describe('create requests without a ready instance', () => {
  it('are sent three times, and again only when a person asks for it', async () => {
    const simulation = begin(BROKEN);
    await untilStalled(simulation);
    expect(creates(simulation)).toBe(3);
    await simulation.pass(24 * HOUR_MS);
    expect(creates(simulation)).toBe(3);
    annotate('gpupod.dev/reconcile-requested-at', 'once more')(simulation);
    await simulation.until('asked again', () => creates(simulation) > 3, 12 * HOUR_MS);
    await untilStalled(simulation, 12 * HOUR_MS);
    expect(creates(simulation)).toBe(6);
  });

  it('keep their count over refusals and over the death of every process', async () => {
    const refusal = { kind: 'Answer', status: 400, body: { detail: 'The moon is full' } } as const;
    const simulation = begin({ ...CREATE, every: 2, effect: refusal }, BROKEN);
    let seen = 0;
    await simulation.until(
      'stalled',
      () => {
        if (creates(simulation) > seen) {
          seen = creates(simulation);
          simulation.operator.kill();
        }
        return reasonAt(simulation, 'Stalled') === 'AttemptsExhausted';
      },
      12 * HOUR_MS,
    );
    expect(creates(simulation)).toBeLessThanOrEqual(6);
    await simulation.pass(24 * HOUR_MS);
    expect(creates(simulation)).toBeLessThanOrEqual(6);
  });

  it('leave no instance behind that lists show late', async () => {
    const simulation = begin(
      { ...CREATE, effect: { kind: 'AnswerAfter', status: 500 } },
      hiddenFor(4 * 60_000),
    );
    await untilStalled(simulation, 3 * HOUR_MS);
    expect(creates(simulation)).toBe(3);
    await simulation.pass(HOUR_MS);
    expect(surplusOf(simulation)).toEqual([]);
  });

  it('go on to the next offer at once, with a cooldown of the first one for this GpuPod only', async () => {
    const simulation = begin({ ...BROKEN, contains: 'n3-H100x1', times: 1 });
    await simulation.until('ready', () => simulation.isReady(), 600_000);
    expect(simulation.object()?.['status']).toMatchObject({ offer: { cloudId: 'gpu_1x_h100' } });
    simulation.apply('train-2');
    await simulation.until('the other is ready', () => simulation.isReady('train-2'), 600_000);
    expect(simulation.object('train-2')?.['status']).toMatchObject({ offer: { cloudId: 'n3-H100x1' } });
  });
});

describe('an instance that is renamed on the web page', () => {
  it.each([
    { when: 'while the operator runs', isDown: false },
    { when: 'while no operator runs', isDown: true },
  ])('stays ready and is terminated with its GpuPod: $when', async ({ isDown }) => {
    const simulation = begin();
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object()) ?? '';
    if (isDown) simulation.operator.kill();
    simulation.api.world.pods.rename(podId, 'my favourite');
    await simulation.pass(HOUR_MS);
    expect(simulation.isReady()).toBe(true);
    expect(reasonAt(simulation, 'Synced')).toBe('ReconcileSuccess');
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, 600_000);
    expect(surplusOf(simulation)).toEqual([]);
  });
});
