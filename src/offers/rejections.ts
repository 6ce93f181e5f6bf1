import type { Candidate } from './candidate.ts';
import { boundedText, offerText } from './offer-text.ts';

/** Why an offer is rejected, each with its sentence. The list is closed, and the reference is generated from it. */
export const REJECTION_REASONS = {
  GpuTypeNotWanted: 'The offer has a GPU type that is not in `gpu.types`.',
  GpuCountDiffers: 'The offer has a different number of GPUs than `gpu.count`.',
  MultiNode: 'The offer is a cluster of several nodes, which a GpuPod cannot rent.',
  SocketNotWanted: 'The offer has a socket that is not in `gpu.sockets`.',
  RegionNotAllowed: 'The offer is in a region that is not in `placement.regions`.',
  CountryNotAllowed: 'The offer is in a country that is not in `placement.countries`, or it names none.',
  DataCenterNotAllowed:
    'The offer is in a data center that is not in `placement.dataCenters`, or it names none.',
  ProviderNotAllowed: 'The upstream provider of the offer is not in `placement.providers.allow`.',
  ProviderDenied: 'The upstream provider of the offer is in `placement.providers.deny`.',
  CloudIdDiffers: 'The offer is not the one that `placement.cloudId` pins.',
  SecurityDiffers: 'The offer has a different security than `placement.security`.',
  SpotForbidden: 'The offer is a spot offer, and `placement.spot` is Forbid.',
  SpotRequired: 'The offer is not a spot offer, and `placement.spot` is Require.',
  PrepaidForbidden: 'The offer charges a number of hours at once, and `placement.allowPrepaid` is false.',
  AccountLimit:
    'The offer is outside the `limits` of the account that pays: its GPU types, upstream providers, security, spot or prepaid offers.',
  Unavailable: 'The provider lists the offer as unavailable.',
  StockTooLow: 'The stock of the offer is below `placement.minStock`.',
  CurrencyDiffers: 'The offer is priced in a currency other than USD.',
  ImageNotOffered: 'The offer does not list the image.',
  SizeNotOffered: 'The offer is not available in the sizes in `resources`.',
  Indistinguishable:
    'The provider could answer a create request for this offer with another one that the spec forbids (spot, prepaid hours, place, security), because a request cannot tell them apart.',
  InvalidPrice: 'The offer has no price, or an implausible one.',
  PrepaidAboveLimit:
    'The hours that the offer charges at once cost more than `--max-total-price-per-hour` allows.',
  AboveMaxTotalCost:
    'The first hour of the offer, or all hours that it charges at once, cost more than `maxTotalCost` leaves after earlier attempts.',
  CoolingDown: 'The offer is in its cooldown: a create request for it failed recently.',
  AboveAccountMaxPrice:
    'The offer costs more than `limits.maxPrice` of the account that pays allows for one instance.',
  AboveMaxPrice:
    "The offer fits otherwise, but costs more than `maxPrice` or than the operator's price ceiling.",
} as const satisfies Record<string, string>;

export type RejectionReason = keyof typeof REJECTION_REASONS;

export interface Rejection {
  readonly reason: RejectionReason;
  readonly candidate: Candidate;
  /** How far the offer is from the requirement, in the unit of its reason; 0 where there is no more or less. */
  readonly distance: number;
  /** What the offer has instead, for people: `in eu_west`. Empty where the reason says everything. */
  readonly detail: string;
}

/** One row of `status.rejections`. */
export interface RejectionSummary {
  readonly reason: RejectionReason;
  readonly count: number;
  /** The closest offer: the smallest distance, then the lowest price. */
  readonly nearest: string;
}

const MAX_ROWS = 12;

/** Counts rejections by reason, most frequent first. The result does not depend on the sequence of the input. */
export function summarizeRejections(rejections: readonly Rejection[]): RejectionSummary[] {
  const byReason = Map.groupBy(rejections, (rejection) => rejection.reason);
  return [...byReason]
    .map(([reason, group]) => ({ reason, count: group.length, nearest: nearestOf(group) }))
    .sort((a, b) => b.count - a.count || compareText(a.reason, b.reason))
    .slice(0, MAX_ROWS);
}

/** Compares by code unit, so that the result does not depend on the locale of the host. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

function nearestOf(group: readonly Rejection[]): string {
  const [nearest] = group.toSorted(
    (a, b) =>
      a.distance - b.distance ||
      compareNumbers(priceOf(a), priceOf(b)) ||
      compareText(a.candidate.key, b.candidate.key) ||
      compareText(a.detail, b.detail),
  );
  if (nearest === undefined) {
    return '';
  }
  const text = offerText(nearest.candidate.offer, nearest.candidate.cost);
  return boundedText(nearest.detail === '' ? text : `${text}, ${nearest.detail}`);
}

function priceOf(rejection: Rejection): number {
  return rejection.candidate.cost?.total ?? Infinity;
}

/** A difference would give NaN for two infinite prices. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
