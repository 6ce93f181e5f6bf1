import { DEFAULT_IMAGE } from '../../api/spec.ts';
import type { GpuPodSpec } from '../../api/spec.ts';

/** Nothing is asked for that an offer may lack while it has machines: such a lack of capacity concerns everybody. */
export function asksForUsualSizes({ resources, disks = [], customTemplateId }: GpuPodSpec): boolean {
  const { diskSize, vcpus, memory } = resources;
  const isSized = [diskSize, vcpus, memory].some((size) => size !== undefined);
  return !isSized && disks.length === 0 && customTemplateId === undefined;
}

/** Nothing of the tenant's own is installed: where that fails, it is the offer's fault. */
export function installsNothingOfItsOwn(spec: GpuPodSpec): boolean {
  const { image = DEFAULT_IMAGE, env = [], customTemplateId, disks = [] } = spec;
  return image === DEFAULT_IMAGE && env.length === 0 && customTemplateId === undefined && disks.length === 0;
}
