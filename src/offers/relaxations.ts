import { CUSTOM_TEMPLATE_IMAGE, DEFAULT_IMAGE } from '../api/gpupod/spec.ts';
import type { OfferLimits } from './account-limits.ts';
import { excludedBy } from './checks/account.ts';
import type { FittingOffer } from './candidate.ts';
import { formatUsd } from './money.ts';
import type { MicroUsd } from './money.ts';
import type { Offer } from './offer.ts';
import { shortWord } from './offer-text.ts';
import type { RejectionReason } from './rejections.ts';
import { chooseSize } from './reachable-size.ts';
import { resourceOf } from './sizes.ts';
import type { SizeName } from './sizes.ts';
import { stockRank } from './stock.ts';
import { chargedAtOnce } from './upfront.ts';
import type { OfferRequirements } from './requirements.ts';

/** One way to relax the requirements. */
export interface Relaxation {
  /** Only offers that were rejected for these reasons can be won. */
  readonly lifts: readonly RejectionReason[];
  /** The requirements, relaxed as far as this offer needs. */
  relax(requirements: OfferRequirements, offer: Offer): OfferRequirements;
  /** What to do to win `best`: `set placement.spot to Allow`. */
  advise(best: FittingOffer, requirements: OfferRequirements): string;
  /** Whether the same advice also wins `other`. Absent: always. */
  alsoWins?(best: FittingOffer, other: FittingOffer): boolean;
  /** Which of the offers that can be won is best, before the price. Absent: the cheapest. */
  distance?(fitting: FittingOffer, requirements: OfferRequirements): number;
}

/**
 * What may be relaxed, one at a time, in the sequence in which it is proposed. The price comes first, because those
 * offers fit otherwise. Then what costs nothing, then place and hardware, and last what adds risk: spot, community
 * cloud and prepaid hours.
 */
export const RELAXATIONS: readonly Relaxation[] = [
  {
    lifts: ['AboveMaxPrice'],
    relax: (requirements) => ({
      ...requirements,
      prices: requirements.prices.ceiling === undefined ? {} : { ceiling: requirements.prices.ceiling },
    }),
    advise: (best) => `raise maxPrice to ${formatUsd(wholeCents(best.cost.total))}`,
    alsoWins: (best, other) => other.cost.total <= wholeCents(best.cost.total),
  },
  {
    lifts: ['AboveAccountMaxPrice'],
    relax: (requirements) => ({
      ...requirements,
      accountLimits: withoutPrice(requirements.accountLimits),
      prices: requirements.prices.maxPrice === undefined ? {} : { maxPrice: requirements.prices.maxPrice },
    }),
    advise: (best, { accountLimits }) =>
      `have limits.maxPrice of ${accountLimits?.owner ?? ''} raised to ${formatUsd(wholeCents(best.cost.total))}`,
    alsoWins: (best, other) => other.cost.total <= wholeCents(best.cost.total),
  },
  {
    lifts: ['AboveMaxTotalCost'],
    relax: (requirements) => ({ ...requirements, totalCost: undefined }),
    advise: (best, { totalCost }) =>
      `raise maxTotalCost to ${formatUsd(wholeCents((totalCost?.spent ?? 0) + chargedFirst(best)))}`,
    alsoWins: (best, other) => chargedFirst(other) <= chargedFirst(best),
    distance: chargedFirst,
  },
  {
    lifts: ['StockTooLow'],
    relax: (requirements) => ({ ...requirements, minStock: 'Low' }),
    advise: (best) =>
      `lower placement.minStock to ${stockRank(best.offer.stockStatus) > 1 ? 'Medium' : 'Low'}`,
    alsoWins: (best, other) => stockRank(other.offer.stockStatus) >= stockRank(best.offer.stockStatus),
    distance: (fitting) => -stockRank(fitting.offer.stockStatus),
  },
  {
    lifts: ['DataCenterNotAllowed'],
    relax: (requirements) => ({ ...requirements, dataCenters: undefined }),
    ...addition('placement.dataCenters', (offer) => offer.dataCenter),
  },
  {
    lifts: ['CountryNotAllowed'],
    relax: (requirements) => ({ ...requirements, countries: undefined }),
    ...addition('placement.countries', (offer) => offer.country),
  },
  {
    lifts: ['RegionNotAllowed'],
    relax: (requirements) => ({ ...requirements, regions: undefined }),
    ...addition('placement.regions', (offer) => offer.region),
  },
  {
    // A country and its data center are one constraint to a person, not two.
    lifts: ['DataCenterNotAllowed', 'CountryNotAllowed', 'RegionNotAllowed', 'Indistinguishable'],
    relax: (requirements) => ({
      ...requirements,
      dataCenters: undefined,
      countries: undefined,
      regions: undefined,
    }),
    advise: () => 'remove the regions, countries and dataCenters of placement',
  },
  {
    lifts: ['ProviderNotAllowed'],
    relax: (requirements) => ({ ...requirements, allowedProviders: undefined }),
    ...addition('placement.providers.allow', (offer) => offer.provider),
  },
  {
    lifts: ['ProviderDenied'],
    relax: (requirements) => ({ ...requirements, deniedProviders: undefined }),
    advise: ({ offer }) => `remove ${shortWord(offer.provider)} from placement.providers.deny`,
    alsoWins: (best, other) => other.offer.provider === best.offer.provider,
  },
  {
    lifts: ['SocketNotWanted'],
    relax: (requirements) => ({ ...requirements, sockets: undefined }),
    ...addition('gpu.sockets', (offer) => offer.socket),
  },
  {
    lifts: ['ImageNotOffered'],
    relax: (requirements, offer) => ({ ...requirements, image: usualImage(offer) ?? requirements.image }),
    advise: ({ offer }) => `choose image ${shortWord(usualImage(offer) ?? '')}`,
    alsoWins: (best, other) => other.offer.images.includes(usualImage(best.offer) ?? ''),
  },
  size('diskSize'),
  size('memory'),
  size('vcpus'),
  {
    lifts: ['GpuCountDiffers'],
    relax: (requirements, offer) => ({ ...requirements, gpuCount: offer.gpuCount }),
    advise: ({ offer }) => `set gpu.count to ${offer.gpuCount}`,
    alsoWins: (best, other) => other.offer.gpuCount === best.offer.gpuCount,
    distance: ({ offer }, requirements) => Math.abs(offer.gpuCount - requirements.gpuCount),
  },
  {
    lifts: ['CloudIdDiffers'],
    relax: (requirements) => ({ ...requirements, cloudId: undefined }),
    advise: () => 'remove placement.cloudId',
  },
  {
    lifts: ['SpotForbidden', 'SpotRequired', 'Indistinguishable'],
    relax: (requirements) => ({ ...requirements, spot: 'Allow' }),
    advise: () => 'set placement.spot to Allow',
  },
  {
    lifts: ['SecurityDiffers', 'Indistinguishable'],
    relax: (requirements) => ({ ...requirements, security: 'any' }),
    advise: () => 'set placement.security to any',
  },
  {
    lifts: ['AccountLimit'],
    relax: (requirements) => ({ ...requirements, accountLimits: undefined }),
    advise: (best, { accountLimits }) => `have ${accountField(best, accountLimits)} changed`,
    alsoWins: (best, other) => best.offer.gpuType === other.offer.gpuType,
  },
  {
    lifts: ['PrepaidForbidden', 'Indistinguishable'],
    relax: (requirements) => ({ ...requirements, allowPrepaid: true }),
    advise: () => 'set placement.allowPrepaid to true',
  },
];

/**
 * Adds the value of an offer to a list of allowed ones. If the offer has no value, the advice is to remove the list.
 */
function addition(
  list: string,
  valueOf: (offer: Offer) => string | undefined,
): Pick<Relaxation, 'advise' | 'alsoWins'> {
  return {
    advise({ offer }) {
      const value = valueOf(offer);
      return value === undefined ? `remove ${list}` : `add ${shortWord(value)} to ${list}`;
    },
    alsoWins(best, other) {
      const value = valueOf(best.offer);
      return value === undefined || value === valueOf(other.offer);
    },
  };
}

/** Sets one required size to what an offer can have. */
function size(name: SizeName): Relaxation {
  return {
    lifts: ['SizeNotOffered'],
    relax(requirements, offer) {
      const { [name]: requested, ...others } = requirements.sizes;
      const choice = chooseSize(resourceOf(offer, name), requested, requirements.fit);
      const nearest = choice.kind === 'misses' ? choice.nearest : requested;
      return { ...requirements, sizes: nearest === undefined ? others : { ...others, [name]: nearest } };
    },
    advise({ sizes }) {
      const value = sizes[name];
      return value === undefined ? `remove resources.${name}` : `set resources.${name} to ${value}`;
    },
    alsoWins: (best, other) => other.sizes[name] === best.sizes[name],
    distance: ({ sizes }, requirements) => Math.abs((sizes[name] ?? 0) - (requirements.sizes[name] ?? 0)),
  };
}

/**
 * The default image if the offer has it, else the alphabetically first one, so that the advice is stable.
 * `custom_template` is no image without a template.
 */
function usualImage(offer: Offer): string | undefined {
  const images = offer.images.filter((image) => image !== CUSTOM_TEMPLATE_IMAGE).toSorted();
  return images.includes(DEFAULT_IMAGE) ? DEFAULT_IMAGE : images[0];
}

function chargedFirst({ cost, offer }: FittingOffer): MicroUsd {
  return chargedAtOnce(cost.total, offer.prepaidHours);
}

function withoutPrice(limits: OfferLimits | undefined): OfferLimits | undefined {
  return limits === undefined ? undefined : { ...limits, maxPrice: undefined };
}

/** The first limit that excludes the offer, and whose it is. */
function accountField(best: FittingOffer, limits: OfferLimits | undefined): string {
  const field = limits === undefined ? undefined : excludedBy(best, limits);
  return `limits.${field ?? 'maxPrice'} of ${limits?.owner ?? ''}`;
}

/** A cap as people write it, rounded up so that it still wins the offer. */
function wholeCents(micros: MicroUsd): MicroUsd {
  return Math.ceil(micros / 10_000) * 10_000;
}
