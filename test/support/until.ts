import { systemClock } from '../../src/clock.ts';

/** Generous: the machine may be busy with something else. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 40;

/**
 * Looks again and again until `look` finds something, and returns that.
 *
 * @throws with what `explain` says of the last state, when that takes much longer than it ever should.
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
    if (systemClock.monotonicMs() > deadlineMs)
      throw new Error(`never came true: ${what}\n${await explain()}`);
    await systemClock.sleep(POLL_MS);
  }
}
