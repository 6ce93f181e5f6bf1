import { systemClock } from '../../src/clock.ts';

/** Generous, because the host may be busy. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 40;

/**
 * Calls `look` until it finds something, and returns that.
 *
 * @throws with the result of `explain` after a time that is much longer than any test needs.
 */
export async function until<T>(
  what: string,
  snapshot: () => Promise<T | undefined>,
  explain: () => string | Promise<string>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  for (;;) {
    const found = await snapshot();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new Error(`never came true: ${what}\n${await explain()}`);
    }
    await systemClock.sleep(POLL_MS);
  }
}
