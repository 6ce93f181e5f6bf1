export type Priority = 'delete' | 'create' | 'read';
/** Keeps the requests of one account below what the provider lets through. */
export interface RateLimiter {
  /** Resolves when a request of this kind may be sent: DELETE before POST before reads. */
  acquire(priority: Priority): Promise<void>;
  /** A request that began at this (monotonic) time was answered 429. */
  reportLimited(startedAtMs: number, retryAfterMs: number | undefined): void;
}
