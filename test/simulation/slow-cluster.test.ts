import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;

/** An API server whose webhooks delay each change of a GpuPod's metadata. */
function slowWorld(ms: number): SimulatedWorld {
  const world: SimulatedWorld = new SimulatedWorld({
    plant: {
      ports: (real: ClusterPorts) => ({
        ...real,
        api: {
          get: async (target) => await real.api.get(target),
          list: async (given) => await real.api.list(given),
          replaceStatus: async (object) => await real.api.replaceStatus(object),
          patchMetadata: async (patch) => {
            await new Promise<void>((resolve) => world.time.schedule(ms, resolve));
            return await real.api.patchMetadata(patch);
          },
        },
      }),
    },
  });
  return world;
}

function posts({ api }: SimulatedWorld): number {
  return api.requests.count({ method: 'POST', path: '/pods/' });
}

describe('an API server that writes slowly', () => {
  it.each([
    { ms: 9_000, isLate: false },
    { ms: 12_000, isLate: true },
    { ms: 29_000, isLate: true },
  ])(
    'leads to one create request, and the create intent has its deadline: $ms ms',
    async ({ ms, isLate }) => {
      const world = slowWorld(ms);
      world.startOperator();
      world.apply();
      await world.until('ready', () => world.isReady(), 10 * MINUTE_MS);
      expect(posts(world)).toBe(1);
      expect(world.object()?.metadata.annotations?.[ANNOTATIONS.intent]?.includes('sendWithinMs')).toBe(
        isLate,
      );
    },
  );
});

describe('a Lease that never seems renewed', () => {
  it('holds back create requests until it is renewed, and the status says why', async () => {
    const world = new SimulatedWorld();
    const operator = world.startOperator();
    operator.isLeaseFresh = false;
    world.apply();
    await world.pass(5 * MINUTE_MS);
    expect(posts(world)).toBe(0);
    // Each try writes the create intent, at growing intervals.
    expect(world.writes).toBeLessThan(30);
    expect(JSON.stringify(world.object()?.['status'])).toContain('The Lease was not renewed within');

    operator.isLeaseFresh = true;
    await world.until('ready', () => world.isReady(), 10 * MINUTE_MS);
    expect(posts(world)).toBe(1);
  });
});
