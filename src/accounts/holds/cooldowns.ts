import type { Clock } from '../../clock.ts';
import type { Cooldown, CooldownReason, CooldownScope } from '../../lifecycle/step.ts';
import { upstreamOf } from '../../offers/offer-key.ts';

const MINUTE_MS = 60_000;

/** How long the operator avoids an offer, and for which GpuPods if the cooldown does not say. */
export const COOLDOWNS: Readonly<Record<CooldownReason, CooldownRule>> = {
  NoCapacity: { forMs: 3 * MINUTE_MS, scope: 'everybody', doublesToMs: 30 * MINUTE_MS },
  AboveMaxPrice: { forMs: 10 * MINUTE_MS, scope: 'object' },
  NotAsRequested: { forMs: 60 * MINUTE_MS, scope: 'object' },
  InvalidRequest: { forMs: 60 * MINUTE_MS, scope: 'object' },
  TemplateIncompatible: { forMs: 24 * 60 * MINUTE_MS, scope: 'request' },
  OtherRefusal: { forMs: 10 * MINUTE_MS, scope: 'object', doublesToMs: 160 * MINUTE_MS },
  // Perhaps only this request gets that answer, so other GpuPods keep the offer.
  NotCreated: { forMs: 10 * MINUTE_MS, scope: 'object', doublesToMs: 160 * MINUTE_MS },
  ProvisioningTimedOut: { forMs: 30 * MINUTE_MS, scope: 'everybody' },
  InstallFailed: { forMs: 30 * MINUTE_MS, scope: 'everybody' },
  // Shorter than the hold of the GpuPod, see ObjectHolds: afterwards the offers are available again.
  Forbidden: { forMs: 4 * MINUTE_MS, scope: 'object' },
  QuotaExceeded: { forMs: 4 * MINUTE_MS, scope: 'object' },
};

interface CooldownRule {
  readonly forMs: number;
  readonly scope: CooldownScope;
  /** A repeated failure doubles the cooldown up to this many milliseconds. */
  readonly doublesToMs?: number;
}

/** The GpuPod for which an offer may be in cooldown. */
export interface CooldownOwner {
  readonly uid: string;
  readonly requestHash: string;
}

interface Entry {
  readonly reason: CooldownReason;
  readonly untilMs: number;
  readonly lastedMs: number;
}

/** Offers that failed recently. They are kept in memory only: after a restart the operator tries them again. */
export class Cooldowns {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #onStart: (reason: CooldownReason, offerKey: string) => void;
  readonly #entries = new Map<string, Entry>();

  /**
   * @param scale multiplies every duration; differs from 1 only in tests
   * @param onStart receives each failure that starts a cooldown
   */
  constructor(
    clock: Clock,
    scale = 1,
    onStart: (reason: CooldownReason, offerKey: string) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#scale = scale;
    this.#onStart = onStart;
  }

  start({ reason, offerKey, scope = COOLDOWNS[reason].scope }: Cooldown, owner: CooldownOwner): void {
    const { forMs, doublesToMs } = COOLDOWNS[reason];
    const key = keyOf(scope, offerKey, owner);
    const known = this.#entries.get(key);
    const doubled =
      doublesToMs !== undefined && known?.reason === reason
        ? Math.min(known.lastedMs * 2, doublesToMs)
        : forMs;
    this.#entries.set(key, {
      reason,
      lastedMs: doubled,
      untilMs: this.#clock.monotonicMs() + doubled * this.#scale,
    });
    this.#dropOld();
    this.#onStart(reason, offerKey);
  }

  find(offerKey: string, owner: CooldownOwner): { readonly reason: CooldownReason } | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (const scope of ['everybody', 'upstream', 'object', 'request'] as const) {
      const entry = this.#entries.get(keyOf(scope, offerKey, owner));
      if (entry !== undefined && entry.untilMs > nowMs) {
        return { reason: entry.reason };
      }
    }
    return undefined;
  }

  /** Number of offers in cooldown, by reason. */
  counts(): ReadonlyMap<CooldownReason, number> {
    const nowMs = this.#clock.monotonicMs();
    const counts = new Map<CooldownReason, number>();
    for (const { reason, untilMs } of this.#entries.values()) {
      if (untilMs > nowMs) {
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Keeps an expired entry for a while, so that the next cooldown can double. */
  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { untilMs, lastedMs }] of this.#entries) {
      if (untilMs + lastedMs * this.#scale < nowMs) {
        this.#entries.delete(key);
      }
    }
  }
}

function keyOf(scope: CooldownScope, offerKey: string, owner: CooldownOwner): string {
  const { uid, requestHash } = owner;
  // A changed spec makes a different request, so its cooldowns start afresh.
  const whom = { everybody: '', upstream: '', object: `${uid} ${requestHash}`, request: requestHash };
  return `${scope}\n${whom[scope]}\n${scope === 'upstream' ? upstreamOf(offerKey) : offerKey}`;
}
