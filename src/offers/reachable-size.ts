import type { CustomResource } from './offer.ts';
import { priceOfSize } from './price.ts';

export type Fit = 'AtLeast' | 'Exact';

/** The size of one part of an offer. `isSent` is true where the create request must state it. */
export type SizeChoice =
  | { readonly kind: 'fits'; readonly size: number | undefined; readonly isSent: boolean }
  /** `nearest`: the reachable size closest to the required one, if there is any. */
  | { readonly kind: 'misses'; readonly nearest: number | undefined };

/**
 * Chooses the size of one part of an offer. Without a requirement it is the default.
 *
 * Reachable sizes are the default (by sending nothing) and, if the part is not fixed, `minCount + k·step` up to
 * `maxCount`. A step that is absent or not a positive integer counts as 1: then the provider names no increments, and
 * a refused request costs nothing. A part without a default can still be set if it is not fixed.
 */
export function chooseSize(resource: CustomResource, requirements: number | undefined, fit: Fit): SizeChoice {
  if (requirements === undefined) {
    return { kind: 'fits', size: resource.defaultCount, isSent: false };
  }
  const size = fit === 'Exact' ? exactSize(resource, requirements) : cheapestAtLeast(resource, requirements);
  return size === undefined
    ? { kind: 'misses', nearest: nearestReachable(resource, requirements) }
    : { kind: 'fits', size, isSent: size !== resource.defaultCount };
}

/** Whether an instance of this offer can have that size. */
export function isReachable(resource: CustomResource, size: number): boolean {
  return size === resource.defaultCount || gridAtLeast(resource, size) === size;
}

function exactSize(resource: CustomResource, requirements: number): number | undefined {
  return isReachable(resource, requirements) ? requirements : undefined;
}

/**
 * Two candidates are enough. The price grows with the size, so the smallest size on the grid is the cheapest of them.
 * The default is the other candidate, because it may be included in the price.
 */
function cheapestAtLeast(resource: CustomResource, requirements: number): number | undefined {
  const onGrid = gridAtLeast(resource, requirements);
  const standard = resource.defaultCount;
  if (standard === undefined || standard < requirements) {
    return onGrid;
  }
  if (onGrid === undefined) {
    return standard;
  }
  const gridPrice = priceOfSize(resource, onGrid) ?? Infinity;
  const standardPrice = priceOfSize(resource, standard) ?? Infinity;
  if (gridPrice === standardPrice) {
    return Math.min(onGrid, standard);
  }
  return gridPrice < standardPrice ? onGrid : standard;
}

function nearestReachable(resource: CustomResource, requirements: number): number | undefined {
  return [gridAtMost(resource, requirements), gridAtLeast(resource, requirements), resource.defaultCount]
    .filter((size) => size !== undefined)
    .sort((a, b) => Math.abs(a - requirements) - Math.abs(b - requirements) || a - b)[0];
}

/** The smallest size on the grid that is at least the required one. Computed, because `maxCount` may be huge. */
function gridAtLeast(resource: CustomResource, requirements: number): number | undefined {
  const grid = gridOf(resource);
  if (grid === undefined) {
    return undefined;
  }
  const steps = Math.max(0, Math.ceil((requirements - grid.min) / grid.step));
  const size = grid.min + steps * grid.step;
  return size <= grid.max ? size : undefined;
}

/** The largest size on the grid that is at most the required one. */
function gridAtMost(resource: CustomResource, requirements: number): number | undefined {
  const grid = gridOf(resource);
  if (grid === undefined || requirements < grid.min) {
    return undefined;
  }
  return grid.min + Math.floor((Math.min(requirements, grid.max) - grid.min) / grid.step) * grid.step;
}

interface Grid {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** Undefined for a fixed part, and for bounds that contradict each other. */
function gridOf({ minCount: min, maxCount: max, step }: CustomResource): Grid | undefined {
  if (min === undefined || max === undefined || min > max) {
    return undefined;
  }
  return { min, max, step: step !== undefined && Number.isInteger(step) && step > 0 ? step : 1 };
}
