import { DEFAULT_IMAGE } from '../../api/gpupod/spec.ts';
import type { GpuPodSpec } from '../../api/gpupod/spec.ts';

/**
 * Whether the spec asks for nothing that an offer may lack while it has capacity. Then a lack of capacity concerns
 * all GpuPods.
 */
export function asksForUsualSizes({ resources, disks = [], customTemplateId }: GpuPodSpec): boolean {
  const { diskSize, vcpus, memory } = resources;
  const isSized = [diskSize, vcpus, memory].some((size) => size !== undefined);
  return !isSized && disks.length === 0 && customTemplateId === undefined;
}

/** Whether the spec installs nothing of the tenant's own. Then a failed installation is the offer's fault. */
export function installsNothingOfItsOwn(spec: GpuPodSpec): boolean {
  const { image = DEFAULT_IMAGE, env = [], customTemplateId, disks = [] } = spec;
  return image === DEFAULT_IMAGE && env.length === 0 && customTemplateId === undefined && disks.length === 0;
}
