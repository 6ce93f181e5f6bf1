import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import { readyWorld } from './life.ts';
import { annotate, statusChange, stripAnnotations, removeByForce } from './people.ts';
import { podIdOf, statusOf } from './readings.ts';
import type { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;
const LEFT = 'left-1';

/** What becomes of a GpuPod so that its instance runs on without it. */
const LEAVING: Readonly<Record<string, (world: SimulatedWorld) => Promise<void>>> = {
  'was retained': async (world) => {
    world.delete(LEFT);
    await world.until('it is gone', () => world.object(LEFT) === undefined);
  },
  'was removed by force': async (world) => {
    removeByForce(world, LEFT);
    await world.pass(MINUTE_MS);
  },
};

/** How the other GpuPod comes to name the instance as its own. */
const FORGING: Readonly<Record<string, (world: SimulatedWorld, intent: string | undefined) => void>> = {
  'without a create intent': (world) => {
    stripAnnotations(world);
  },
  'with a create intent that nobody can read': (world) => {
    annotate(ANNOTATIONS.intent, '{')(world);
  },
  'with the create intent of the GpuPod that is gone': (world, intent) => {
    annotate(ANNOTATIONS.intent, intent)(world);
  },
};

const ROWS = Object.keys(LEAVING).flatMap((left) => Object.keys(FORGING).map((forged) => ({ left, forged })));

describe('a status in which somebody names the instance of a GpuPod that is gone', () => {
  it.each(ROWS.filter(({ left, forged }) => left === 'was retained' || !forged.includes('is gone')))(
    'never terminates or shows that instance, and terminates the own one with its GpuPod: $forged, where that GpuPod $left',
    async ({ left, forged }) => {
      const world = await readyWorld();
      world.apply(LEFT, { deletionPolicy: 'Retain' });
      await world.until('it is ready', () => world.isReady(LEFT), 10 * MINUTE_MS);
      const object = world.object(LEFT);
      const { podId, podName } = object === undefined ? {} : statusOf(object);
      const intent = object?.metadata.annotations?.[ANNOTATIONS.intent];
      await LEAVING[left]?.(world);

      const own = world.object();
      const ownId = podIdOf(own);
      const { podId: ownPodId, podName: ownPodName } = own === undefined ? {} : statusOf(own);
      FORGING[forged]?.(world, intent);
      statusChange({ podId, podName })(world);
      world.delete();
      await world.pass(10 * MINUTE_MS);
      expect(world.api.world.ledger.live().map(({ id }) => id)).toContain(podId);

      statusChange({ podId: ownPodId, podName: ownPodName })(world);
      await world.until('the other is gone', () => world.object() === undefined, 30 * MINUTE_MS);
      const live = world.api.world.ledger.live().map(({ id }) => id);
      expect(live).toContain(podId);
      expect(live).not.toContain(ownId);
      expect(world.journal.violations).toEqual([]);
    },
  );
});
