import type { GpuPodSpec } from '../api/gpupod/spec.ts';
import type { Offer } from './offer.ts';

/**
 * The query to the availability API. It has only what reduces the answer. Everything else is left to our own checks,
 * so that every rejected offer has a reason.
 */
export interface OfferQuery {
  readonly gpuType: string;
  readonly gpuCount: number;
  /** Sorted; sent as repeated `regions` parameters. Empty: everywhere. */
  readonly regions: readonly string[];
  /** IDs of existing disks that the instance must be able to attach; sorted. */
  readonly disks: readonly string[];
}

/** The queries whose answers together hold every offer that the spec may match: one for each GPU type. */
export function offerQueries({ gpu, placement, disks }: GpuPodSpec): readonly OfferQuery[] {
  return [...new Set(gpu.types)].map((gpuType) => ({
    gpuType,
    gpuCount: gpu.count,
    regions: (placement.regions ?? []).toSorted(),
    disks: (disks ?? []).toSorted(),
  }));
}

/** One valid answer of the availability API. */
export interface OfferList {
  readonly offers: readonly Offer[];
  /** Number of rows that were not readable, and are left out. */
  readonly skippedRows: number;
  /** Monotonic start of the request: the answer is at most this old. */
  readonly beganAtMs: number;
}
