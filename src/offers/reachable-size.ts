import type { CustomResource } from './offer.ts';
import { priceOfSize } from './price.ts';

export type Fit = 'AtLeast' | 'Exact';

/** The size that a part of an offer gets. `isSent` only where the provider must be told of it. */
export type SizeChoice =
  | { readonly kind: 'fits'; readonly size: number | undefined; readonly isSent: boolean }
  /** `nearest`: the reachable size next to the wish, where there is any. */
  | { readonly kind: 'misses'; readonly nearest: number | undefined };

/**
 * Chooses the size of one part of an offer.
 *
 * Reachable are the default (by not sending anything) and, where the part is not fixed, `minCount + k·step`
 * up to `maxCount`. A step that is absent or not a positive integer counts as 1: the provider then names
 * no increments, and an order that it refuses costs nothing. Without a wish it is the default. A part
 * without a default that is not fixed can still be set to a wish.
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

/** Whether an offer can be rented with that size of the part. */
export function isReachable(resource: CustomResource, size: number): boolean {
  return size === resource.defaultCount || gridAtLeast(resource, size) === size;
}

function exactSize(resource: CustomResource, requirements: number): number | undefined {
  return isReachable(resource, requirements) ? requirements : undefined;
}

/**
 * Two candidates are enough: the price grows with the size, so that among the sizes on the grid the
 * smallest is the cheapest; the default stands apart, because it may be included.
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

/** The smallest size on the grid that is at least `wish`. Computed, as `maxCount` may be huge. */
function gridAtLeast(resource: CustomResource, requirements: number): number | undefined {
  const grid = gridOf(resource);
  if (grid === undefined) {
    return undefined;
  }
  const steps = Math.max(0, Math.ceil((requirements - grid.min) / grid.step));
  const size = grid.min + steps * grid.step;
  return size <= grid.max ? size : undefined;
}

/** The largest size on the grid that is at most `wish`. */
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

/** Undefined for a fixed part, and where the bounds contradict each other. */
function gridOf({ minCount: min, maxCount: max, step }: CustomResource): Grid | undefined {
  if (min === undefined || max === undefined || min > max) {
    return undefined;
  }
  return { min, max, step: step !== undefined && Number.isInteger(step) && step > 0 ? step : 1 };
}
