import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { tearOut, tearOutAndApply } from './people.ts';
import type { Doing } from './people.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Something happens in the world while the first call of this label is on its way. */
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
  { why: 'nothing else goes wrong', rule: undefined },
  {
    why: 'the provider does not know its new pod yet',
    rule: { ...DELETE, effect: { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } },
  },
  { why: 'the DELETE is accepted and does nothing', rule: { ...DELETE, effect: { kind: 'IgnoreDelete' } } },
  { why: 'the DELETE fails', rule: { ...DELETE, effect: { kind: 'Answer', status: 500 } } },
];

describe('an object that is torn out while its order is on its way', () => {
  it.each(FAULTS)('leaves nothing that bills: $why', async ({ rule }) => {
    const world: SimulatedWorld = new SimulatedWorld({
      faultPlan: duringFirst('POST /pods/', tearOut, () => world),
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
    expect(world.books.violations).toEqual([]);
  });

  it('makes way for the next object of its name once its pod has ended', async () => {
    const world: SimulatedWorld = new SimulatedWorld({
      faultPlan: duringFirst('POST /pods/', tearOutAndApply, () => world),
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    await settle(world);
    judgeEnd(world);
    expect(world.books.violations).toEqual([]);
  });
});

describe('a key that is changed to another account’s while an order is being written down', () => {
  it('is not ordered with, and the order leaves once the key fits again', async () => {
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
    expect(world.books.violations).toEqual([]);
  });
});
