import { accountAllowsIt, priceIsWithinAccountLimit } from './account.ts';
import type { OfferCheck } from './check.ts';
import {
  gpuCountIsEqual,
  gpuTypeIsWanted,
  imageIsOffered,
  isSingleInstance,
  sizesAreOffered,
  socketIsWanted,
} from './instance.ts';
import {
  countryIsAllowed,
  dataCenterIsAllowed,
  isThePinned,
  placeCanBeNamed,
  providerIsAllowed,
  providerIsNotDenied,
  regionIsAllowed,
  securityIsWanted,
} from './placement.ts';
import {
  currencyIsUsd,
  isAvailable,
  isNotCoolingDown,
  prepaidIsWanted,
  prepaidIsWithinLimit,
  priceIsValid,
  priceIsWithinCap,
  spotIsWanted,
  stockIsEnough,
  totalCostIsWithinLimit,
} from './terms.ts';

/**
 * Every check of an offer. The first one that fails gives the reason, so the sequence decides what is counted: first
 * the hardware, then place and availability, and the price last. A new check is a function and a line here.
 */
export const OFFER_CHECKS: readonly OfferCheck[] = [
  gpuTypeIsWanted, // one of the GPU types
  gpuCountIsEqual, // exactly that number of GPUs
  isSingleInstance, // not a multi-node cluster
  socketIsWanted, // one of the sockets
  regionIsAllowed, // in one of the regions
  countryIsAllowed, // in one of the countries
  dataCenterIsAllowed, // in one of the data centers
  providerIsAllowed, // from an allowed upstream provider
  providerIsNotDenied, // not from a denied upstream provider
  isThePinned, // the pinned cloudId
  securityIsWanted, // secure or community cloud
  spotIsWanted, // spot forbidden, or required
  prepaidIsWanted, // no hours that are charged at once
  accountAllowsIt, // within the limits of the account that pays
  isAvailable, // not listed as unavailable
  stockIsEnough, // enough stock
  currencyIsUsd, // priced in USD
  imageIsOffered, // has the image
  sizesAreOffered, // has the sizes
  placeCanBeNamed, // a create request can name the place
  priceIsValid, // a plausible price
  prepaidIsWithinLimit, // what it charges at once is within the operator's limit
  totalCostIsWithinLimit, // what it charges first fits into maxTotalCost
  isNotCoolingDown, // not in cooldown
  priceIsWithinAccountLimit, // not above the account's limit for one instance
  priceIsWithinCap, // last, so that AboveMaxPrice counts only offers that fit otherwise
];
