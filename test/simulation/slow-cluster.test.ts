import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../src/api/common/names.ts';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;

/** An API server whose webhooks delay each change of a GpuPod's metadata. */
function slowSimulation(ms: number): Simulation {
  const simulation: Simulation = new Simulation({
    plant: {
      ports: (real: ClusterPorts) => ({
        ...real,
        api: {
          get: async (target) => await real.api.get(target),
          list: async (given) => await real.api.list(given),
          replaceStatus: async (object) => await real.api.replaceStatus(object),
          patchMetadata: async (patch) => {
            await new Promise<void>((resolve) => simulation.time.schedule(ms, resolve));
            return await real.api.patchMetadata(patch);
          },
        },
      }),
    },
  });
  return simulation;
}

function posts({ api }: Simulation): number {
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
      const simulation = slowSimulation(ms);
      simulation.startOperator();
      simulation.apply();
      await simulation.until('ready', () => simulation.isReady(), 10 * MINUTE_MS);
      expect(posts(simulation)).toBe(1);
      expect(simulation.object()?.metadata.annotations?.[ANNOTATIONS.intent]?.includes('sendWithinMs')).toBe(
        isLate,
      );
    },
  );
});

describe('a Lease that never seems renewed', () => {
  it('holds back create requests until it is renewed, and the status says why', async () => {
    const simulation = new Simulation();
    const operator = simulation.startOperator();
    operator.isLeaseFresh = false;
    simulation.apply();
    await simulation.pass(5 * MINUTE_MS);
    expect(posts(simulation)).toBe(0);
    // Each try writes the create intent, at growing intervals.
    expect(simulation.writes).toBeLessThan(30);
    expect(JSON.stringify(simulation.object()?.['status'])).toContain('The Lease was not renewed within');

    operator.isLeaseFresh = true;
    await simulation.until('ready', () => simulation.isReady(), 10 * MINUTE_MS);
    expect(posts(simulation)).toBe(1);
  });
});
