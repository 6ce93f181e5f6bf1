import type { Offer, SizeSpec } from './offer.ts';
import type { PodSizes } from './price.ts';

function sizeProblem(field: string, spec: SizeSpec, wished: number | null): string | null {
  if (wished === null || wished === spec.defaultCount) return null;
  if (spec.minCount === null || spec.maxCount === null) {
    return `Invalid ${field}: this resource is fixed at ${String(spec.defaultCount)}`;
  }
  if (wished < spec.minCount || wished > spec.maxCount) {
    return `Invalid ${field}: must be between ${String(spec.minCount)} and ${String(spec.maxCount)}`;
  }
  const step = spec.step ?? 1;
  return step > 0 && (wished - spec.minCount) % step !== 0
    ? `Invalid ${field}: must be a multiple of step ${String(step)}`
    : null;
}

/** Why the offer cannot be rented with these sizes, or null. */
export function firstSizeProblem(offer: Offer, wished: PodSizes): string | null {
  return (
    sizeProblem('diskSize', offer.disk, wished.diskSize) ??
    sizeProblem('vcpus', offer.vcpu, wished.vcpus) ??
    sizeProblem('memory', offer.memory, wished.memory)
  );
}
