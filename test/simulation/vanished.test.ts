import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { removeByForce, removeByForceAndApply } from './people.ts';
import type { Doing } from './people.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Acts while the first call with this label is in flight. */
function duringFirst(label: string, doing: Doing, world: () => SimulatedWorld): FaultPlan {
  let isDone = false;
  return (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    return [{ kind: 'meanwhile', moment: 'sent', act: () => doing(world()) }];
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
    const world: SimulatedWorld = new SimulatedWorld({
      faultPlan: duringFirst('POST /pods/', removeByForce, () => world),
    });
    if (rule !== undefined) world.api.faults.add(rule);
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(300_000);
    expect(world.api.world.ledger.entries()).toHaveLength(
      1 + world.foreignIds.length + world.othersIds.length,
    );
    expect(surplusOf(world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });

  it('allows the next object of its name once its instance is terminated', async () => {
    const world: SimulatedWorld = new SimulatedWorld({
      faultPlan: duringFirst('POST /pods/', removeByForceAndApply, () => world),
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });
});

describe('a key that changes to another account’s while a create intent is written', () => {
  it('sends no create request, until the right key returns', async () => {
    const world: SimulatedWorld = new SimulatedWorld({
      faultPlan: duringFirst(
        'PATCH gpupods intent',
        ({ settings: { key } }) => {
          key.text = 'other-key';
          key.version += 1;
        },
        () => world,
      ),
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(60_000);
    expect(world.api.world.ledger.entries()).toHaveLength(world.foreignIds.length + world.othersIds.length);

    world.settings.key.text = 'test-key';
    world.settings.key.version += 1;
    await world.until('ready', () => world.isReady());
    expect(world.journal.violations).toEqual([]);
  });
});
