import type { Candidate } from '../candidate.ts';
import type { Rejection, RejectionReason } from '../rejections.ts';
import type { OfferRequirements } from '../requirements.ts';

/** One reason not to take an offer. Pure; says nothing about any other reason. */
export type OfferCheck = (candidate: Candidate, requirements: OfferRequirements) => Rejection | undefined;

/** Builds a rejection; see {@link Rejection} for `distance` and `detail`. */
export function reject(candidate: Candidate, reason: RejectionReason, detail = '', distance = 0): Rejection {
  return { reason, candidate, distance, detail };
}

/** Whether a list of the wish takes this value; no list takes all, and a missing value is on no list. */
export function takes(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}
