import type { BookedTurn } from '../../src/lifecycle/provider.ts';

/** A turn at once, where nothing limits the requests. */
export async function bookFreeTurn(): Promise<BookedTurn> {
  return await Promise.resolve({ take: () => Promise.resolve(true), giveUp: () => undefined });
}
