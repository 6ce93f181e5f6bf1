import type { Candidate } from '../candidate.ts';
import type { Rejection, RejectionReason } from '../rejections.ts';
import type { OfferRequirements } from '../requirements.ts';

/** One reason to reject an offer. Pure, and independent of all other checks. */
export type OfferCheck = (candidate: Candidate, requirements: OfferRequirements) => Rejection | undefined;

/** Builds a rejection; see {@link Rejection} for `distance` and `detail`. */
export function reject(candidate: Candidate, reason: RejectionReason, detail = '', distance = 0): Rejection {
  return { reason, candidate, distance, detail };
}

/** Whether a list of the requirements allows this value. No list allows everything; a missing value is on no list. */
export function takes(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}
