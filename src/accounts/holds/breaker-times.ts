import type { CreateHold } from '../../lifecycle/observation.ts';

const MINUTE_MS = 60_000;

/** How long create requests are held back at first, and at most. */
const WAITS: Readonly<Record<CreateHold['reason'], readonly [firstMs: number, maxMs: number]>> = {
  Unauthorized: [5 * MINUTE_MS, 5 * MINUTE_MS],
  Forbidden: [5 * MINUTE_MS, 30 * MINUTE_MS],
  QuotaExceeded: [5 * MINUTE_MS, 30 * MINUTE_MS],
  PaymentRequired: [5 * MINUTE_MS, 30 * MINUTE_MS],
  // The rate limiter has slowed down by then. This holds back only the team that received the answer.
  RateLimited: [500, MINUTE_MS],
};

/** The next wait in milliseconds: twice the last one for the same reason, or as long as the provider asks for. */
export function nextWaitMs(
  { reason, retryAfterMs = 0 }: { readonly reason: CreateHold['reason']; readonly retryAfterMs?: number },
  lastedMs: number,
): number {
  const [firstMs, maxMs] = WAITS[reason];
  const doubledMs = Math.max(firstMs, lastedMs * 2);
  return Math.min(maxMs, Math.max(doubledMs, retryAfterMs));
}
