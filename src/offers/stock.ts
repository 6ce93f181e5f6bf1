const RANKS: Readonly<Record<string, number>> = { unavailable: 0, low: 1, medium: 2, available: 2, high: 3 };

/**
 * Stock as a number from 0 (Unavailable) to 3 (High). Available ranks as Medium. An unknown value ranks as Low,
 * because stock is only advice: a refused request costs nothing, but an offer that nobody tries is lost.
 */
export function stockRank(stockStatus: string): number {
  return RANKS[stockStatus.toLowerCase()] ?? 1;
}
