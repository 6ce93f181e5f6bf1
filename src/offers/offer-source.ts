import type { Offer } from './offer.ts';

/**
 * What is asked of the availability API. Only what narrows the answer on the provider's side; all else
 * is filtered by our own checks, so that a rejected offer has a reason.
 */
export interface OfferQuery {
  readonly gpuType: string;
  readonly gpuCount: number;
  /** Sorted; sent as repeated `regions` parameters. Empty = everywhere. */
  readonly regions: readonly string[];
  /** Ids of existing disks that the machine must be able to attach; sorted. */
  readonly disks: readonly string[];
}

/** One believed answer of the availability API. */
export interface OfferList {
  readonly offers: readonly Offer[];
  /** Rows that could not be read, and were left out. */
  readonly skippedRows: number;
  /** Monotonic time at which the request began: the answer is at most this old. */
  readonly beganAtMs: number;
}
