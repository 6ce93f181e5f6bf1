import { truncateMessage } from '../api/gpupod/conditions.ts';
import { formatUsd } from './money.ts';
import type { Cost, Offer } from './offer.ts';

/** The longest text about offers in a status or event. */
const MAX_TEXT_LENGTH = 200;

/** Names of the provider have any length. Each is cut, so that the price after them stays readable. */
const MAX_WORD_LENGTH = 40;

/** An offer in a few words: `hyperstack n3-H100x1 in CANADA-1 at 2.75 USD/h`. */
export function offerText(offer: Offer, cost: Cost | undefined): string {
  const place = offer.dataCenter ?? offer.country ?? offer.region;
  const words = [shortWord(offer.provider), shortWord(offer.cloudId)];
  if (place !== undefined) {
    words.push('in', shortWord(place));
  }
  if (cost !== undefined) {
    words.push('at', formatUsd(cost.total), 'USD/h');
  }
  return words.join(' ');
}

/** A name of the provider, cut, without control characters and broken surrogates. */
export function shortWord(word: string): string {
  return truncateMessage(word, MAX_WORD_LENGTH).toWellFormed();
}

/** Cuts a text to the length that a status field takes. */
export function boundedText(text: string): string {
  return truncateMessage(text, MAX_TEXT_LENGTH).toWellFormed();
}

/** `1 offer`, `4 offers`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
