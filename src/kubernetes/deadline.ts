import type { Clock } from '../clock.ts';
import { ApiTimeoutError } from './client/api-errors.ts';

/** What bounds one piece of work: a timeout, and a caller that may cancel it. */
export interface Deadline {
  clock: Clock;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Why a timer is called off: nobody reads it. Without a reason, each request would make an error with a stack. */
const IN_TIME = new Error('the work was done in time');

/**
 * Runs `work` with a signal that aborts after `timeoutMs` (reason: `ApiTimeoutError`) or with the caller's signal. It
 * leaves nothing behind: no timer, and no listener on a signal that lives longer.
 */
export async function withDeadline<R>(
  { clock, timeoutMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const timer = new AbortController();
  const onAbort = (): void => {
    limit.abort(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  clock.sleep(timeoutMs, timer.signal).then(
    () => {
      limit.abort(new ApiTimeoutError(timeoutMs));
    },
    () => undefined,
  );
  try {
    return await work(limit.signal);
  } finally {
    timer.abort(IN_TIME);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Resolves when the signal aborts. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
