import { apiErrorMessage, ApiTimeoutError } from '../client/api-errors.ts';
import { whenAborted } from '../deadline.ts';
import { errorFields } from '../error-fields.ts';
import type { ResourceClient } from '../client/resource-client.ts';
import type { Election, LeadershipHandlers } from './election.ts';
import { acquiredSpec, leaseClient, LeaseObservation, newLease, releasedSpec, isOvertaken } from './lease.ts';
import type { Lease } from './lease.ts';
import { withAnnotations } from './lease-annotations.ts';
import { LeaseTimes } from './lease-times.ts';
import { LeaseFailures } from './lease-failures.ts';
import type { LeaderElectorOptions } from './leader-elector-options.ts';

const DEFAULTS = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  renewPeriodMs: 2_000,
  retryPeriodMs: 1_000,
};
const RELEASE_TIMEOUT_MS = 2_000;
const CONFLICT_PAUSE_MS = 100;

/**
 * Leader election on a Lease. Modes:
 *
 * - NEW: until `start()`.
 * - STANDBY: reads the Lease. Takes it when it does not exist, when nobody holds it, or when its record has not
 *   changed for the Lease duration by our own monotonic clock. Clocks of different hosts are never compared.
 * - LEADING: renews the Lease. `lastRenewedAtMonotonicMs` is when the last successful renewal was *sent*; the next
 *   leader counts from when it read that renewal, which is later. → LOST when the renew deadline passes, or as soon
 *   as another process holds the Lease.
 * - LOST: final. The process should exit. It does not join the election again, because the state of its work is
 *   unknown.
 * - RELEASING: after `stop()`. `onStoppedLeading` finishes running work, and the Lease is renewed until it has.
 * - RELEASED: final. The Lease is emptied, so that a standby takes it when it reads it next.
 */
export class LeaderElector implements Election {
  readonly #options: LeaderElectorOptions & typeof DEFAULTS;
  readonly #leases: ResourceClient<Lease>;
  readonly #observation = new LeaseObservation();
  readonly #times: LeaseTimes;
  readonly #failures: LeaseFailures;
  readonly #stopping = new AbortController();
  /** Aborts when leading ends, for any reason. */
  readonly #leading = new AbortController();
  #running: Promise<void> | undefined;
  #mode: 'new' | 'standby' | 'leading' | 'lost' | 'releasing' | 'released' = 'new';
  #lease: Lease | undefined;
  #lastRenewedAtMs: number | undefined;
  #lastRenewalTookMs = 0;
  #isClaiming = false;

  constructor(options: LeaderElectorOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#times = new LeaseTimes(this.#options, options.log);
    this.#failures = new LeaseFailures(options.log);
    this.#leases = leaseClient(options.transport);
  }

  /** True while this process leads and no other can have taken the Lease. A frozen process may not have noticed. */
  isLeader(): boolean {
    if (this.#mode !== 'leading' || this.#lastRenewedAtMs === undefined) return false;
    return this.#nowMs() - this.#lastRenewedAtMs < this.#times.recordedDurationMs;
  }

  leaseDurationMs(): number {
    return this.#times.recordedDurationMs;
  }

  /** Why the Lease can be neither read nor taken, once that has lasted, as a sentence for the readiness check. */
  get problem(): string | undefined {
    return this.#failures.problem(this.#nowMs(), this.#options.leaseDurationMs);
  }

  /** Monotonic time in milliseconds at which the last successful renewal was sent; undefined before the first. */
  lastRenewedAtMonotonicMs(): number | undefined {
    return this.#lastRenewedAtMs;
  }

  /** How long the answer to that renewal took, in milliseconds. */
  lastRenewalTookMs(): number {
    return this.#lastRenewalTookMs;
  }

  /** Joins the election. Call it once. */
  start(handlers: LeadershipHandlers): void {
    this.#running ??= this.#run(handlers);
  }

  /**
   * Leaves the election or stops leading, and releases the Lease. Resolves when nothing runs any more. Never rejects.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(handlers: LeadershipHandlers): Promise<void> {
    this.#mode = 'standby';
    await this.#standBy();
    if (this.#lastRenewedAtMs !== undefined && !this.#isStopping()) await this.#lead(handlers);
    else if (this.#isClaiming || this.#lastRenewedAtMs !== undefined) await this.#release();
  }

  async #standBy(): Promise<void> {
    const { clock, retryPeriodMs } = this.#options;
    const { signal } = this.#stopping;
    while (!this.#isStopping()) {
      try {
        const isTaken = await this.#tryToTake(signal);
        this.#failures.over();
        if (isTaken) return;
      } catch (error) {
        if (!this.#isStopping()) this.#failures.note(error, this.#nowMs());
      }
      await clock.sleep(this.#untilNextLookMs(retryPeriodMs), signal).catch(() => undefined);
    }
  }

  /** If the Lease expires between two reads, the next read is exactly then. */
  #untilNextLookMs(retryPeriodMs: number): number {
    if (this.#lease === undefined) return retryPeriodMs;
    const leftMs = this.#observation.leftMs(this.#options.leaseDurationMs, this.#nowMs());
    return leftMs > 0 ? Math.min(retryPeriodMs, Math.ceil(leftMs)) : retryPeriodMs;
  }

  async #tryToTake(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, leaseDurationMs, identity } = this.#options;
    const timeoutMs = this.#times.requestTimeoutMs;
    const lease = await this.#leases.get({ namespace, name }, { signal, timeoutMs });
    this.#lease = lease;
    if (lease !== undefined) {
      this.#observation.note(lease, this.#nowMs());
      const holder = lease.spec.holderIdentity;
      const isFree = holder === '' || holder === identity;
      if (!isFree && this.#observation.leftMs(leaseDurationMs, this.#nowMs()) > 0) {
        await this.#call(() => this.#options.annotations?.onHeldByOther?.(lease.metadata.annotations ?? {}));
        return false;
      }
    }
    this.#isClaiming = true;
    const isTaken = await this.#acquire(signal);
    this.#isClaiming = false;
    // After a slow take the Lease is written once more with a longer duration, before anything relies on it.
    return isTaken && !this.#times.isLonger;
  }

  /**
   * Takes the Lease in the version last read.
   *
   * @returns false if another process wrote or deleted it in between
   */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, namespace, name, identity } = this.#options;
    const request = { identity, leaseDurationMs: this.#times.durationMs, nowMs: clock.nowMs() };
    const spec = acquiredSpec(this.#lease?.spec, request);
    // A standby adds no annotations, because it must read those of the last holder first.
    const annotations = this.#mode === 'standby' ? {} : this.#nextAnnotations();
    const options = { signal, timeoutMs: this.#times.requestTimeoutMs };
    const sentAtMs = this.#nowMs();
    try {
      this.#lease =
        this.#lease === undefined
          ? await this.#leases.create(namespace, newLease(name, spec), options)
          : await this.#leases.replace(withAnnotations({ ...this.#lease, spec }, annotations), options);
    } catch (error) {
      if (isOvertaken(error)) return false;
      if (error instanceof ApiTimeoutError) this.#times.noteTimeout(options.timeoutMs);
      throw error;
    }
    this.#lastRenewedAtMs = sentAtMs;
    this.#lastRenewalTookMs = this.#nowMs() - sentAtMs;
    this.#times.noteWritten(this.#lastRenewalTookMs);
    if (this.#mode !== 'standby') this.#options.annotations?.onWritten(annotations);
    return true;
  }

  async #lead({ onStartedLeading, onStoppedLeading }: LeadershipHandlers): Promise<void> {
    const { log, identity } = this.#options;
    this.#mode = 'leading';
    log.info({ identity }, 'leading');
    await this.#call(() => this.#options.annotations?.onTaken(this.#lease?.metadata.annotations ?? {}));
    await this.#call(onStartedLeading);
    const renewing = Promise.all([this.#renewLoop(), this.#guardDeadline()]);
    await Promise.race([renewing, whenAborted(this.#stopping.signal)]);
    const end = this.#hasEnded() ? 'lost' : 'released';
    this.#mode = end === 'lost' ? 'lost' : 'releasing';
    log.info({ identity, end }, 'no longer leading');
    // The Lease is renewed meanwhile, so that no other process begins while this one finishes.
    await this.#call(() => onStoppedLeading(end));
    this.#leading.abort();
    await renewing;
    if (end === 'released') await this.#release();
  }

  /** Missing annotations must not cost the Lease. */
  #nextAnnotations(): Readonly<Record<string, string>> {
    try {
      return this.#options.annotations?.next() ?? {};
    } catch (error) {
      this.#options.log.error({ ...errorFields(error) }, 'failed to make the annotations of the lease');
      return {};
    }
  }

  async #call(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback();
    } catch (error) {
      this.#options.log.error({ ...errorFields(error) }, 'leader election callback threw');
    }
  }

  async #renewLoop(): Promise<void> {
    const { clock, renewPeriodMs, retryPeriodMs, log } = this.#options;
    const { signal } = this.#leading;
    let pauseMs = renewPeriodMs;
    while (!this.#hasEnded()) {
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      if (this.#hasEnded()) return;
      try {
        // The period counts from when the renewal was sent, so that a slow server does not cost the Lease.
        const isRenewed = await this.#renew(signal);
        pauseMs = Math.max(CONFLICT_PAUSE_MS, isRenewed ? renewPeriodMs - this.#lastRenewalTookMs : 0);
      } catch (error) {
        pauseMs = retryPeriodMs;
        if (!this.#hasEnded()) {
          log.warn({ error: apiErrorMessage(error) }, 'failed to renew the lease, retrying');
        }
      }
    }
  }

  /**
   * Renews the version last read. After a conflict it reads who wrote.
   *
   * @returns false: try again soon
   */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, identity } = this.#options;
    if (await this.#acquire(signal)) return true;
    const options = { signal, timeoutMs: this.#times.requestTimeoutMs };
    this.#lease = await this.#leases.get({ namespace, name }, options);
    if (this.#lease !== undefined && this.#lease.spec.holderIdentity !== identity) this.#leading.abort();
    return false;
  }

  /** Runs apart from the renewals, so that a renewal that hangs cannot delay it. */
  async #guardDeadline(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#leading;
    while (!signal.aborted) {
      const leftMs = (this.#lastRenewedAtMs ?? 0) + this.#times.renewDeadlineMs - this.#nowMs();
      if (leftMs <= 0) this.#leading.abort();
      else await clock.sleep(Math.ceil(leftMs), signal).catch(() => undefined);
    }
  }

  /** Empties the Lease if it is ours. A failure only makes the next leader wait for the Lease duration. */
  async #release(): Promise<void> {
    const { clock, namespace, name, identity, log } = this.#options;
    const options = { timeoutMs: RELEASE_TIMEOUT_MS };
    try {
      // Reads again, because a cancelled renewal may have happened.
      const lease = await this.#leases.get({ namespace, name }, options);
      if (lease?.spec.holderIdentity !== identity) return;
      await this.#leases.replace({ ...lease, spec: releasedSpec(lease.spec, clock.nowMs()) }, options);
      this.#mode = 'released';
      log.info({ identity }, 'released the lease');
    } catch (error) {
      log.warn({ error: apiErrorMessage(error) }, 'failed to release the lease');
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** True if leading is over. */
  #hasEnded(): boolean {
    return this.#leading.signal.aborted;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
