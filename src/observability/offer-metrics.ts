import type { Instruments } from './instruments.ts';

/** GPU types that get a series of their own; there are a few dozen, and tenants can ask for any text. */
const MAX_TYPES = 100;
const OTHER = 'other';

/** What the last answer said of one GPU type. */
export interface OfferSample {
  readonly gpuCount: number;
  /** All in, for the whole machine. */
  readonly usdPerHour: number;
}

/** Records offers by GPU type, for a bounded number of types; the rest shares one series. */
export function createOfferRecorder(
  instruments: Pick<Instruments, 'offers' | 'skippedOfferRows' | 'cheapestOffer'>,
): (gpuType: string, offers: readonly OfferSample[], skippedRows: number) => void {
  const known = new Set<string>();

  return (gpuType, offers, skippedRows) => {
    // A type that nobody offers may be a typing error: it gets no series.
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
