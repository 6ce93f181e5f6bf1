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
} from './terms.ts';

/**
 * Every check of an offer. The first one that fails gives the reason, so the order decides what is counted:
 * from what the machine is, over where it stands and whether it can be had, to its price. A new rule is a
 * function and a line here.
 */
export const OFFER_CHECKS: readonly OfferCheck[] = [
  gpuTypeIsWanted, // one of the GPU types
  gpuCountIsEqual, // exactly that number of GPUs
  isSingleInstance, // no cluster of machines
  socketIsWanted, // one of the sockets
  regionIsAllowed, // in one of the regions
  countryIsAllowed, // in one of the countries
  dataCenterIsAllowed, // in one of the data centers
  providerIsAllowed, // at one of the allowed providers
  providerIsNotDenied, // at none of the denied providers
  isThePinned, // the pinned cloudId
  securityIsWanted, // secure or community cloud
  spotIsWanted, // spot forbidden, or required
  prepaidIsWanted, // no hours that are charged at once
  isAvailable, // not listed as unavailable
  stockIsEnough, // enough of it in stock
  currencyIsUsd, // priced in USD
  imageIsOffered, // can be started with the image
  sizesAreOffered, // can be had with the sizes
  placeCanBeNamed, // can be ordered where it is wanted
  priceIsValid, // a price that can be right
  prepaidIsWithinLimit, // what it charges at once fits the operator's limit
  isNotCoolingDown, // did not fail a short while ago
  priceIsWithinCap, // last, so that AboveMaxPrice counts only offers that fit in all else
];
