import { describe, expect, it } from '@jest/globals';
import { lasting, lastingAnnotations, NAME } from './edits.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { removeByForce } from './people.ts';
import { podIdOf, specOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;

describe('the termination of an orphan', () => {
  it.each([
    { name: 'is called off when its GpuPod is restored just before the DELETE', isRestored: true },
    { name: 'happens when nobody restores its GpuPod', isRestored: false },
  ])('$name', async ({ isRestored }) => {
    let restore = (): void => undefined;
    const world = new SimulatedWorld({
      settings: { orphanPolicy: 'Terminate' },
      faultPlan: ({ label }) =>
        label === 'GET /pods/{id}' ? [{ kind: 'meanwhile', moment: 'sent', act: () => restore() }] : [],
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    const saved = world.object();
    if (saved === undefined) throw new Error('there is no GpuPod');
    const podId = podIdOf(saved);
    world.operator.kill();
    removeByForce(world);
    await world.pass(2 * MINUTE_MS);
    restore = () => {
      if (!isRestored || world.object() !== undefined) return;
      world.apply(NAME, lasting(specOf(saved)), lastingAnnotations(saved));
    };
    await world.pass(40 * MINUTE_MS);
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
    expect(world.api.world.ledger.live().some(({ id }) => id === podId)).toBe(isRestored);
  });
});
