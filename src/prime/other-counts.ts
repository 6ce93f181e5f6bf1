import type { Clock } from '../clock.ts';
import type { Offer } from '../offers/offer.ts';
import type { OfferQuery } from '../offers/offer-source.ts';

/**
 * These offers only explain an empty answer, and no decision rests on them. So the operator asks for them
 * rarely.
 */
const TTL_MS = 10 * 60_000;
const MAX_ENTRIES = 200;

interface Entry {
  readonly offers: readonly Offer[];
  readonly untilMs: number;
}

/** Shares one answer among equal queries for {@link TTL_MS}. */
export function rememberOffers(
  clock: Clock,
  read: (query: OfferQuery) => Promise<readonly Offer[]>,
): (query: OfferQuery) => Promise<readonly Offer[]> {
  const entries = new Map<string, Entry>();
  return async (query) => {
    const key = JSON.stringify([query.gpuType, query.gpuCount, query.regions, query.disks]);
    const known = entries.get(key);
    if (known !== undefined && clock.monotonicMs() < known.untilMs) {
      return known.offers;
    }
    const offers = await read(query);
    entries.delete(key);
    entries.set(key, { offers, untilMs: clock.monotonicMs() + TTL_MS });
    const oldest = entries.keys().next().value;
    if (entries.size > MAX_ENTRIES && oldest !== undefined) {
      entries.delete(oldest);
    }
    return offers;
  };
}
