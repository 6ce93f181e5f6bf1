import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { Simulation } from './simulation.ts';

/**
 * The ports of an API server whose webhooks delay each change of a GpuPod's metadata, such as the write of a create
 * intent.
 *
 * @param delayMs the delay of a change, by the name of the GpuPod
 */
export function slowPatches(simulation: () => Simulation, delayMs: (name: string) => number) {
  return (real: ClusterPorts): ClusterPorts => ({
    ...real,
    api: {
      get: async (target) => await real.api.get(target),
      list: async (given) => await real.api.list(given),
      replaceStatus: async (object) => await real.api.replaceStatus(object),
      patchMetadata: async (patch) => {
        const waitMs = delayMs(patch.name);
        await new Promise<void>((resolve) => simulation().time.schedule(waitMs, resolve));
        return await real.api.patchMetadata(patch);
      },
    },
  });
}
