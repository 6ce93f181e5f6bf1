import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { removeByForce, removeByForceAndApply } from './people.ts';
import type { Action } from './people.ts';
import { Simulation } from './simulation.ts';

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
