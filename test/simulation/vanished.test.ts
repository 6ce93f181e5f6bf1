import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { annotate, removeByForce, removeByForceAndApply, specChange } from './people.ts';
import type { Action } from './people.ts';
import { podIdOf, reasonOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };

/** Acts while the first call with this label is in flight. */
function duringFirst(label: string, action: Action, simulation: () => Simulation): FaultPlan {
  let isDone = false;
  return (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    return [{ kind: 'meanwhile', moment: 'sent', act: () => action(simulation()) }];
  };
}

const DELETE = { method: 'DELETE', path: '/pods/{id}', times: 1 } as const;
const FAULTS: readonly { readonly why: string; readonly rule: FaultRuleInput | undefined }[] = [
  { why: 'there is no other fault', rule: undefined },
  {
    why: 'the provider does not know its new instance yet',
    rule: { ...DELETE, effect: { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } },
  },
  { why: 'the DELETE is accepted and has no effect', rule: { ...DELETE, effect: { kind: 'IgnoreDelete' } } },
  { why: 'the DELETE fails', rule: { ...DELETE, effect: { kind: 'Answer', status: 500 } } },
];

describe('an object that is removed by force during its create request', () => {
  it.each(FAULTS)('leaves nothing that bills: $why', async ({ rule }) => {
    const simulation: Simulation = new Simulation({
      faultPlan: duringFirst('POST /pods/', removeByForce, () => simulation),
    });
    if (rule !== undefined) simulation.api.faults.add(rule);
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(300_000);
    expect(simulation.api.world.ledger.entries()).toHaveLength(
      1 + simulation.foreignIds.length + simulation.othersIds.length,
    );
    expect(surplusOf(simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('allows the next object of its name once its instance is terminated', async () => {
    const simulation: Simulation = new Simulation({
      faultPlan: duringFirst('POST /pods/', removeByForceAndApply, () => simulation),
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a key that changes to another account’s while a create intent is written', () => {
  it('sends no create request, until the right key returns', async () => {
    const simulation: Simulation = new Simulation({
      faultPlan: duringFirst(
        'PATCH gpupods intent',
        ({ settings: { key } }) => {
          key.text = 'other-key';
          key.version += 1;
        },
        () => simulation,
      ),
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(60_000);
    expect(simulation.api.world.ledger.entries()).toHaveLength(
      simulation.foreignIds.length + simulation.othersIds.length,
    );

    simulation.settings.key.text = 'test-key';
    simulation.settings.key.version += 1;
    await simulation.until('ready', () => simulation.isReady());
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a ready instance that the provider does not know for ten minutes', () => {
  async function lostSimulation(): Promise<{ readonly simulation: Simulation; readonly podId: string }> {
    const simulation = new Simulation({});
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object()) ?? '';
    const { faults } = simulation.api;
    const notFound = { detail: 'Pod not found' };
    faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'EmptyList' } });
    faults.add({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } });
    faults.add({ method: 'GET', path: '/pods/status', effect: { kind: 'EmptyList' } });
    faults.add({
      method: 'GET',
      path: '/pods/{id}',
      effect: { kind: 'Answer', status: 404, body: notFound },
    });
    await simulation.pass(10 * MINUTE_MS);
    expect(reasonOf(simulation.object() ?? NOBODY, 'Ready')).toBe('Lost');
    return { simulation, podId };
  }

  function isRunning({ api }: Simulation, podId: string): boolean {
    return api.world.pods.live().some(({ id }) => id === podId);
  }

  it('is adopted again when it comes back, because there may be work on it', async () => {
    const { simulation, podId } = await lostSimulation();
    simulation.api.faults.clear();
    await simulation.until('ready again', () => simulation.isReady(), 15 * MINUTE_MS);
    expect(podIdOf(simulation.object())).toBe(podId);
    expect(isRunning(simulation, podId)).toBe(true);
    const { attempts, attemptsCost } = statusOf(simulation.object() ?? NOBODY);
    expect(attempts).toMatchObject([{ number: 1, podId }]);
    expect(attempts).not.toMatchObject([{ outcome: 'Ended' }]);
    expect(attemptsCost ?? 0).toBe(0);
  });

  it.each<{ name: string; act: (simulation: Simulation) => void }>([
    { name: 'the GpuPod is suspended', act: specChange({ suspend: true }) },
    { name: 'another one was asked for', act: annotate('gpupod.dev/reconcile-requested-at', 'now') },
  ])('is terminated when it comes back and $name', async ({ act }) => {
    const { simulation, podId } = await lostSimulation();
    act(simulation);
    await simulation.pass(5 * MINUTE_MS);
    simulation.api.faults.clear();
    await simulation.pass(30 * MINUTE_MS);
    expect(isRunning(simulation, podId)).toBe(false);
  });
});
