import type { Candidate } from '../candidate.ts';
import { shortWord } from '../offer-text.ts';
import type { Rejection } from '../rejections.ts';
import type { OfferRequirements } from '../requirements.ts';
import { reject, takes } from './check.ts';

/** Checks of the place and the upstream provider of an offer. */

/** An offer without a region passes, because the query was already limited to the regions and older rows carry none. */
export function regionIsAllowed(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { region } = candidate.offer;
  return region === undefined || takes(requirements.regions, region)
    ? undefined
    : reject(candidate, 'RegionNotAllowed', `in ${shortWord(region)}`);
}

/** A create request has no field for the region. Without data center and country it may be answered from anywhere. */
export function placeCanBeNamed(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { dataCenter, country } = candidate.offer;
  return requirements.regions === undefined || dataCenter !== undefined || country !== undefined
    ? undefined
    : reject(candidate, 'Indistinguishable', 'no data center or country that a request could name');
}

export function countryIsAllowed(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { country } = candidate.offer;
  return takes(requirements.countries, country)
    ? undefined
    : reject(candidate, 'CountryNotAllowed', `in ${shortWord(country ?? 'an unnamed country')}`);
}

export function dataCenterIsAllowed(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  return takes(requirements.dataCenters, candidate.offer.dataCenter)
    ? undefined
    : reject(candidate, 'DataCenterNotAllowed');
}

export function providerIsAllowed(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  return takes(requirements.allowedProviders, candidate.offer.provider)
    ? undefined
    : reject(candidate, 'ProviderNotAllowed');
}

export function providerIsNotDenied(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  return requirements.deniedProviders?.includes(candidate.offer.provider) === true
    ? reject(candidate, 'ProviderDenied')
    : undefined;
}

export function isThePinned(candidate: Candidate, requirements: OfferRequirements): Rejection | undefined {
  return requirements.cloudId === undefined || candidate.offer.cloudId === requirements.cloudId
    ? undefined
    : reject(candidate, 'CloudIdDiffers');
}

export function securityIsWanted(
  candidate: Candidate,
  requirements: OfferRequirements,
): Rejection | undefined {
  const { security } = candidate.offer;
  return requirements.security === 'any' || security === requirements.security
    ? undefined
    : reject(candidate, 'SecurityDiffers', shortWord(security));
}
