import { describe, expect, it } from '@jest/globals';
import { lasting, lastingAnnotations, NAME } from './edits.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { removeByForce } from './people.ts';
import { podIdOf, specOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;

describe('the termination of an orphan', () => {
  it.each([
    { name: 'is called off when its GpuPod is restored just before the DELETE', isRestored: true },
    { name: 'happens when nobody restores its GpuPod', isRestored: false },
  ])('$name', async ({ isRestored }) => {
    let restore = (): void => undefined;
    const simulation = new Simulation({
      settings: { orphanPolicy: 'Terminate' },
      faultPlan: ({ label }) =>
        label === 'GET /pods/{id}' ? [{ kind: 'meanwhile', moment: 'sent', act: () => restore() }] : [],
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    const saved = simulation.object();
    if (saved === undefined) throw new Error('there is no GpuPod');
    const podId = podIdOf(saved);
    simulation.operator.kill();
    removeByForce(simulation);
    await simulation.pass(2 * MINUTE_MS);
    restore = () => {
      if (!isRestored || simulation.object() !== undefined) return;
      simulation.apply(NAME, lasting(specOf(saved)), lastingAnnotations(saved));
    };
    await simulation.pass(40 * MINUTE_MS);
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
    expect(simulation.api.world.ledger.live().some(({ id }) => id === podId)).toBe(isRestored);
  });
});
