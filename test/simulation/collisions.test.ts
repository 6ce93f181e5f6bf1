import { describe, expect, it } from '@jest/globals';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import type { Doing } from './people.ts';
import { SimulatedWorld } from './simulated-world.ts';

/** Later than the answer to whatever is asked because of the change. */
const SLOW_WATCH_MS = 2_000;
/** An object that is at rest is looked at far more seldom. */
const SOON_MS = 60_000;
/** The pod id, what it waits for, and that it is ready: after the last there is nothing more to do. */
const WRITES = [1, 2, 3];

/** A person does something just before the n-th write of a status arrives, which then comes too late. */
function beforeStatusWrite(number: number, doing: Doing, world: () => SimulatedWorld): FaultPlan {
  let seen = 0;
  return (call) => {
    if (call.label !== 'PUT gpupods/status') return [];
    seen += 1;
    return seen === number ? [{ kind: 'meanwhile', moment: 'sent', act: () => doing(world()) }] : [];
  };
}

async function collide(number: number, doing: Doing): Promise<SimulatedWorld> {
  let hasCollided = false;
  const act: Doing = (it) => {
    doing(it);
    hasCollided = true;
  };
  const world: SimulatedWorld = new SimulatedWorld({
    watchDelayMs: SLOW_WATCH_MS,
    faultPlan: beforeStatusWrite(number, act, () => world),
  });
  world.startOperator();
  await world.pass(1_000);
  world.apply();
  await world.until('the collision', () => hasCollided, 120_000);
  return world;
}

describe('what a person does while a status is being written, and is seen by the conflict before the watch tells it', () => {
  it.each(WRITES)('a deletion is carried out: write %i', async (number) => {
    const world = await collide(number, (it) => it.delete());
    await world.until('gone', () => world.object() === undefined, SOON_MS);
    await settle(world);
    judgeEnd(world);
    expect(world.books.violations).toEqual([]);
  });

  it.each(WRITES)('a suspension is carried out: write %i', async (number) => {
    const suspend: Doing = (it) =>
      it.edit((object) => ({ ...object, spec: { ...Object(object['spec']), suspend: true } }));
    const world = await collide(number, suspend);
    await world.until(
      'suspended',
      () => JSON.stringify(world.object()).includes('"phase":"Suspended"'),
      SOON_MS,
    );
    await settle(world);
    judgeEnd(world);
    expect(world.books.violations).toEqual([]);
  });
});
