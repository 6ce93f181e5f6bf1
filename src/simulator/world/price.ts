import type { Offer, SizeSpec } from './offer.ts';

/** The sizes that a pod gets; null where the offer states none. */
export interface PodSizes {
  diskSize: number | null;
  vcpus: number | null;
  memory: number | null;
}

// Sums are made in whole nano-dollars: 0.1 + 0.2 must not decide whether a pod is above its cap.
const NANO_PER_USD = 1e9;

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}

/** USD per hour of the bare offer, for the whole offer. */
export function basePricePerHour(offer: Offer): number {
  const { communityPrice, onDemand } = offer.prices;
  // 0 is no price; the field that `security` names counts, the other only where it has none.
  const [named, other] =
    offer.security === 'secure_cloud' ? [onDemand, communityPrice] : [communityPrice, onDemand];
  return (named === 0 ? null : named) ?? other ?? 0;
}

function sizeNano(spec: SizeSpec, units: number | null): number {
  const isFree = spec.defaultIncludedInPrice === true && units === spec.defaultCount;
  return isFree || units === null ? 0 : Math.round(nano(spec.pricePerUnit ?? 0) * units);
}

/** What is asked for, or the offer's default. */
export function effectiveSizes(offer: Offer, requested: PodSizes): PodSizes {
  return {
    diskSize: requested.diskSize ?? offer.disk.defaultCount,
    vcpus: requested.vcpus ?? offer.vcpu.defaultCount,
    memory: requested.memory ?? offer.memory.defaultCount,
  };
}

/** USD per hour with everything in it: units that are not included in the price are charged in full. */
export function totalPricePerHour(offer: Offer, sizes: PodSizes): number {
  const sum =
    nano(basePricePerHour(offer)) +
    sizeNano(offer.disk, sizes.diskSize) +
    sizeNano(offer.vcpu, sizes.vcpus) +
    sizeNano(offer.memory, sizes.memory);
  return sum / NANO_PER_USD;
}
