const RANKS: Readonly<Record<string, number>> = { unavailable: 0, low: 1, medium: 2, available: 2, high: 3 };

/**
 * Stock as a number, 0 (Unavailable) to 3 (High). Available ranks as Medium. A word that is new to us ranks
 * as Low: stock is only advice, and an order that is refused for it costs nothing, while an offer that
 * nobody tries would be lost to everybody.
 */
export function stockRank(stockStatus: string): number {
  return RANKS[stockStatus.toLowerCase()] ?? 1;
}
