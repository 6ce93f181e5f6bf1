import { describe, expect, it } from '@jest/globals';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import type { Action } from './people.ts';
import { Simulation } from './simulation.ts';

/** Longer than any response that the change leads to. */
const SLOW_WATCH_MS = 2_000;
/** Much shorter than the interval at which the operator looks at an object at rest. */
const SOON_MS = 60_000;
/**
 * The writes of the pod ID, of what the GpuPod waits for, and of Ready. After the last one nothing is left
 * to do.
 */
const WRITES = [1, 2, 3];

/** A person acts just before the n-th status write arrives, so that the write conflicts. */
function beforeStatusWrite(number: number, action: Action, simulation: () => Simulation): FaultPlan {
  let seen = 0;
  return (call) => {
    if (call.label !== 'PUT gpupods/status') return [];
    seen += 1;
    return seen === number ? [{ kind: 'meanwhile', moment: 'sent', act: () => action(simulation()) }] : [];
  };
}

async function collide(number: number, action: Action): Promise<Simulation> {
  let hasCollided = false;
  const act: Action = (it) => {
    action(it);
    hasCollided = true;
  };
  const simulation: Simulation = new Simulation({
    watchDelayMs: SLOW_WATCH_MS,
    faultPlan: beforeStatusWrite(number, act, () => simulation),
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply();
  await simulation.until('the collision', () => hasCollided, 120_000);
  return simulation;
}

describe('an action of a person that a status conflict shows before the watch does', () => {
  it.each(WRITES)('terminates the instance when the person deletes: write %i', async (number) => {
    const simulation = await collide(number, (it) => it.delete());
    await simulation.until('gone', () => simulation.object() === undefined, SOON_MS);
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each(WRITES)('terminates the instance when the person suspends: write %i', async (number) => {
    const suspend: Action = (it) =>
      it.edit((object) => ({ ...object, spec: { ...Object(object['spec']), suspend: true } }));
    const simulation = await collide(number, suspend);
    await simulation.until(
      'suspended',
      () => JSON.stringify(simulation.object()).includes('"phase":"Suspended"'),
      SOON_MS,
    );
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });
});
