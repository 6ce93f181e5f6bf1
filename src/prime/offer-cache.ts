import type { Clock } from '../clock.ts';
import type { Answer, OfferAnswer } from '../lifecycle/provider.ts';
import type { OfferQuery } from '../offers/offer-source.ts';

type ListOffers = (query: OfferQuery) => Promise<Answer<OfferAnswer>>;

export interface OfferCacheOptions {
  readonly listOffers: ListOffers;
  readonly clock: Clock;
  /** How long an answer is shared, from the start of its request. @default 5_000 */
  readonly ttlMs?: number;
  /** How long a failure is shared, from its arrival: long enough for all who waited for it. @default 1_000 */
  readonly failureTtlMs?: number;
  /** @default 200 */
  readonly maxEntries?: number;
  /** Aborts when nothing is asked any more. */
  readonly signal?: AbortSignal;
}

interface Entry {
  readonly answer: Promise<Answer<OfferAnswer>>;
  /** Infinity while the request is in flight. */
  freshUntilMs: number;
}

/**
 * Shares one request among equal queries. A thousand GpuPods that wait for the same GPU cause one request
 * every few seconds.
 */
export function cacheOffers(options: OfferCacheOptions): ListOffers {
  const { clock, listOffers, ttlMs = 5000, failureTtlMs = 1000, maxEntries = 200, signal } = options;
  const entries = new Map<string, Entry>();

  /** Keeps requests in flight: dropping one would let the next equal query send a second request. */
  function dropOldest(): void {
    if (entries.size <= maxEntries) {
      return;
    }
    for (const [key, { freshUntilMs }] of entries) {
      if (freshUntilMs !== Number.POSITIVE_INFINITY) {
        entries.delete(key);
        return;
      }
    }
  }

  function start(key: string, query: OfferQuery): Entry {
    const beganAtMs = clock.monotonicMs();
    const entry: Entry = { answer: listOffers(query), freshUntilMs: Number.POSITIVE_INFINITY };
    void entry.answer
      .then(
        (answer) => {
          entry.freshUntilMs = answer.kind === 'ok' ? beganAtMs + ttlMs : clock.monotonicMs() + failureTtlMs;
        },
        () => {
          entry.freshUntilMs = Number.NEGATIVE_INFINITY;
        },
      )
      .then(async () => {
        await dropWhenOld(key, entry);
      });
    entries.delete(key);
    entries.set(key, entry);
    dropOldest();
    return entry;
  }

  /** An answer takes hundreds of KiB, and each account has its own. */
  async function dropWhenOld(key: string, entry: Entry): Promise<void> {
    const leftMs = Math.max(0, entry.freshUntilMs - clock.monotonicMs());
    await clock.sleep(leftMs, signal).catch(() => undefined);
    if (entries.get(key) === entry) {
      entries.delete(key);
    }
  }

  return (query) => {
    const key = toKey(query);
    const known = entries.get(key);
    const isFresh = known !== undefined && clock.monotonicMs() < known.freshUntilMs;
    return (isFresh ? known : start(key, query)).answer;
  };
}

function toKey(query: OfferQuery): string {
  return JSON.stringify([query.gpuType, query.gpuCount, query.regions.toSorted(), query.disks.toSorted()]);
}
