import type { Offer, SizeSpec } from './offer.ts';

/** The sizes of an instance, or null if the offer states none. */
export interface PodSizes {
  diskSize: number | null;
  vcpus: number | null;
  memory: number | null;
}

// Sums use whole nano-dollars: the rounding of 0.1 + 0.2 must not decide whether an instance exceeds its
// cap.
const NANO_PER_USD = 1e9;

function nano(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}

/** USD per hour of the offer without extra sizes. */
export function basePricePerHour(offer: Offer): number {
  const { communityPrice, onDemand } = offer.prices;
  // A price of 0 counts as absent. The price field that `security` names takes precedence over the other.
  const [named, other] =
    offer.security === 'secure_cloud' ? [onDemand, communityPrice] : [communityPrice, onDemand];
  return (named === 0 ? null : named) ?? other ?? 0;
}

function sizeNano(spec: SizeSpec, units: number | null): number {
  const isFree = spec.defaultIncludedInPrice === true && units === spec.defaultCount;
  return isFree || units === null ? 0 : Math.round(nano(spec.pricePerUnit ?? 0) * units);
}

/** The requested sizes, or the offer's defaults. */
export function effectiveSizes(offer: Offer, requested: PodSizes): PodSizes {
  return {
    diskSize: requested.diskSize ?? offer.disk.defaultCount,
    vcpus: requested.vcpus ?? offer.vcpu.defaultCount,
    memory: requested.memory ?? offer.memory.defaultCount,
  };
}

/** USD per hour with all sizes. Units that the price does not include are charged in full. */
export function totalPricePerHour(offer: Offer, sizes: PodSizes): number {
  const sum =
    nano(basePricePerHour(offer)) +
    sizeNano(offer.disk, sizes.diskSize) +
    sizeNano(offer.vcpu, sizes.vcpus) +
    sizeNano(offer.memory, sizes.memory);
  return sum / NANO_PER_USD;
}
