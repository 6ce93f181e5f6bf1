import type { Offer, SizeSpec } from './offer.ts';
import type { PodSizes } from './price.ts';

function sizeProblem(field: string, spec: SizeSpec, requested: number | null): string | null {
  if (requested === null || requested === spec.defaultCount) {
    return null;
  }
  if (spec.minCount === null || spec.maxCount === null) {
    return `Invalid ${field}: this resource is fixed at ${String(spec.defaultCount)}`;
  }
  if (requested < spec.minCount || requested > spec.maxCount) {
    return `Invalid ${field}: must be between ${String(spec.minCount)} and ${String(spec.maxCount)}`;
  }
  const step = spec.step ?? 1;
  return step > 0 && (requested - spec.minCount) % step !== 0
    ? `Invalid ${field}: must be a multiple of step ${String(step)}`
    : null;
}

/** Why the offer cannot have these sizes, or null. */
export function firstSizeProblem(offer: Offer, requested: PodSizes): string | null {
  return (
    sizeProblem('diskSize', offer.disk, requested.diskSize) ??
    sizeProblem('vcpus', offer.vcpu, requested.vcpus) ??
    sizeProblem('memory', offer.memory, requested.memory)
  );
}
