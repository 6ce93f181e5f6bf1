import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { readySimulation } from './life.ts';
import { annotate, statusChange, stripAnnotations, removeByForce } from './people.ts';
import { podIdOf, statusOf } from './readings.ts';
import type { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const LEFT = 'left-1';

/** What becomes of a GpuPod so that its instance runs on without it. */
const LEAVING: Readonly<Record<string, (simulation: Simulation) => Promise<void>>> = {
  'was retained': async (simulation) => {
    simulation.delete(LEFT);
    await simulation.until('it is gone', () => simulation.object(LEFT) === undefined);
  },
  'was removed by force': async (simulation) => {
    removeByForce(simulation, LEFT);
    await simulation.pass(MINUTE_MS);
  },
};

/** How the other GpuPod comes to name the instance as its own. */
const FORGING: Readonly<Record<string, (simulation: Simulation, intent: string | undefined) => void>> = {
  'without a create intent': (simulation) => {
    stripAnnotations(simulation);
  },
  'with a create intent that nobody can read': (simulation) => {
    annotate(ANNOTATIONS.intent, '{')(simulation);
  },
  'with the create intent of the GpuPod that is gone': (simulation, intent) => {
    annotate(ANNOTATIONS.intent, intent)(simulation);
  },
};

const ROWS = Object.keys(LEAVING).flatMap((left) => Object.keys(FORGING).map((forged) => ({ left, forged })));

describe('a status in which somebody names the instance of a GpuPod that is gone', () => {
  it.each(ROWS.filter(({ left, forged }) => left === 'was retained' || !forged.includes('is gone')))(
    'never terminates or shows that instance, and terminates the own one with its GpuPod: $forged, where that GpuPod $left',
    async ({ left, forged }) => {
      const simulation = await readySimulation();
      simulation.apply(LEFT, { deletionPolicy: 'Retain' });
      await simulation.until('it is ready', () => simulation.isReady(LEFT), 10 * MINUTE_MS);
      const object = simulation.object(LEFT);
      const { podId, podName } = object === undefined ? {} : statusOf(object);
      const intent = object?.metadata.annotations?.[ANNOTATIONS.intent];
      await LEAVING[left]?.(simulation);

      const own = simulation.object();
      const ownId = podIdOf(own);
      const { podId: ownPodId, podName: ownPodName } = own === undefined ? {} : statusOf(own);
      FORGING[forged]?.(simulation, intent);
      statusChange({ podId, podName })(simulation);
      simulation.delete();
      await simulation.pass(10 * MINUTE_MS);
      expect(simulation.api.world.ledger.live().map(({ id }) => id)).toContain(podId);

      // The process that saw the own ID has written it back, and the deletion is done.
      if (simulation.object() !== undefined) {
        statusChange({ podId: ownPodId, podName: ownPodName })(simulation);
      }
      await simulation.until('the other is gone', () => simulation.object() === undefined, 30 * MINUTE_MS);
      const live = simulation.api.world.ledger.live().map(({ id }) => id);
      expect(live).toContain(podId);
      expect(live).not.toContain(ownId);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
