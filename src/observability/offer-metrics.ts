import { BoundedLabels } from './bounded-labels.ts';
import type { Instruments } from './instruments.ts';

/**
 * The limit for GPU types with a series of their own. There are a few dozen types, but tenants can request
 * any text.
 */
const MAX_TYPES = 100;
const OTHER = 'other';
const MAX_PROVIDERS = 100;

/** The last answer about one GPU type. */
export interface OfferSample {
  readonly gpuCount: number;
  /** All-inclusive price of the whole instance. */
  readonly usdPerHour: number;
}

/** Upstream provider and GPU type are the provider's texts. */
export interface OfferFailure {
  readonly provider: string;
  readonly gpuType: string;
  readonly reason: string;
}

/** Records offers by GPU type for a limited number of types. All others share one series. */
export function createOfferRecorder(
  instruments: Pick<Instruments, 'offers' | 'skippedOfferRows' | 'cheapestOffer'>,
): (gpuType: string, offers: readonly OfferSample[], skippedRows: number) => void {
  const known = new Set<string>();

  return (gpuType, offers, skippedRows) => {
    // A type without offers may be a typing error, so it gets no series.
    if (offers.length > 0 && known.size < MAX_TYPES) {
      known.add(gpuType);
    }
    const labels = { gpu_type: known.has(gpuType) ? gpuType : OTHER };
    instruments.offers.set(labels, offers.length);
    instruments.skippedOfferRows.set(labels, skippedRows);
    instruments.cheapestOffer.remove(labels);
    const prices = offers.map(({ usdPerHour, gpuCount }) => usdPerHour / Math.max(1, gpuCount));
    if (prices.length > 0) {
      instruments.cheapestOffer.set(labels, Math.min(...prices));
    }
  };
}

/** Counts failures for a limited number of upstream providers and GPU types. All others share one series. */
export function createFailureRecorder({
  offerFailures,
}: Pick<Instruments, 'offerFailures'>): (failure: OfferFailure) => void {
  const providers = new BoundedLabels(MAX_PROVIDERS);
  const gpuTypes = new BoundedLabels(MAX_TYPES);
  return ({ provider, gpuType, reason }) => {
    offerFailures.inc({ provider: providers.of(provider), gpu_type: gpuTypes.of(gpuType), reason });
  };
}
