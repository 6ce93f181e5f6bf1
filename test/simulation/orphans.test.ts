import { describe, expect, it, jest } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { intent } from '../support/builders/intent.ts';
import { lasting, lastingAnnotations, NAME } from './edits.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { removeByForce } from './people.ts';
import { podIdOf, specOf, statusOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(2 * 60_000);

const MINUTE_MS = 60_000;

/** Starts the operator, and applies a GpuPod. Returns the GpuPod once it is ready. */
async function readyGpuPod(simulation: Simulation): Promise<RawObject> {
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply();
  await simulation.until('ready', () => simulation.isReady());
  const ready = simulation.object();
  if (ready === undefined) throw new Error('there is no GpuPod');
  return ready;
}

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
    const saved = await readyGpuPod(simulation);
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

describe('a create intent that names the orphan of another GpuPod', () => {
  it.each([
    { name: 'in its namespace', namespace: 'team-a' },
    { name: 'in another namespace', namespace: 'team-z' },
  ])('hides it from no sweep, $name', async ({ namespace }) => {
    const simulation = new Simulation({ settings: { orphanPolicy: 'Terminate' } });
    const saved = await readyGpuPod(simulation);
    const podId = podIdOf(saved);
    removeByForce(simulation);
    const { podName: name } = statusOf(saved);
    const text = { ...intent(), installation: INSTALLATION, uid: 'nobody', name };
    const annotations = { [ANNOTATIONS.intent]: JSON.stringify(text) };
    simulation.apply('forged', { suspend: true }, annotations, namespace);
    await simulation.pass(60 * MINUTE_MS);
    expect(simulation.api.world.ledger.live().some(({ id }) => id === podId)).toBe(false);
  });
});
