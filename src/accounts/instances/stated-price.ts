import type { InstanceSnapshot } from '../../lifecycle/provider.ts';

/** What snapshots state as the price of one instance, in USD per hour. */
export interface StatedPrice {
  /** The price that counts. */
  readonly counted: number;
  /** The lowest price that all snapshots since `sinceMs` state, if it is above the one that counts. */
  readonly rise?: { readonly usdPerHour: number; readonly sinceMs: number };
}

export interface PriceReading {
  /** Undefined: the answer states no price. */
  readonly usdPerHour: number | undefined;
  /** Monotonic start of the request. */
  readonly atMs: number;
  readonly wasReady: boolean;
}

/**
 * The price after another snapshot. A rise of a ready instance counts once snapshots state it for `lastingMs`: the
 * highest price counts for the whole life of an instance, so one wrong answer would reach `spec.maxTotalCost` and
 * terminate an instance with work on it. Before it is ready, each price counts at once, because the cap is checked then.
 */
export function afterReading(
  known: StatedPrice | undefined,
  { usdPerHour, atMs, wasReady }: PriceReading,
  lastingMs: number,
): StatedPrice | undefined {
  if (usdPerHour === undefined) {
    return known;
  }
  if (known === undefined || !wasReady || usdPerHour <= known.counted) {
    return { counted: usdPerHour };
  }
  const { counted, rise = { usdPerHour, sinceMs: atMs } } = known;
  const stated = Math.min(rise.usdPerHour, usdPerHour);
  return atMs - rise.sinceMs >= lastingMs
    ? { counted: stated }
    : { counted, rise: { usdPerHour: stated, sinceMs: rise.sinceMs } };
}

/** The snapshot with the price that counts. */
export function withPrice(snapshot: InstanceSnapshot, price: StatedPrice | undefined): InstanceSnapshot {
  return price === undefined || price.counted === snapshot.priceUsdPerHour
    ? snapshot
    : { ...snapshot, priceUsdPerHour: price.counted };
}
