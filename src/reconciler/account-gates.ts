import type { Clock } from '../clock.ts';
import type { Gate } from '../lifecycle/knowledge.ts';
import type { Refusal } from '../lifecycle/provider.ts';

type GateReason = Extract<Gate, { kind: 'closed' }>['reason'];

interface Closed {
  readonly reason: GateReason;
  readonly message: string;
  readonly untilMs: number;
  readonly lastedMs: number;
  /** Somebody was let through after the time, to see whether orders are accepted again. */
  readonly isProbed: boolean;
}

const MINUTE_MS = 60_000;
const FIRST_MS: Readonly<Record<GateReason, number>> = {
  Unauthorized: 5 * MINUTE_MS,
  PaymentRequired: 5 * MINUTE_MS,
  RateLimited: 2_000,
};
const MAX_MS: Readonly<Record<GateReason, number>> = {
  Unauthorized: 5 * MINUTE_MS,
  PaymentRequired: 30 * MINUTE_MS,
  RateLimited: MINUTE_MS,
};
/** How long the one probe may take before the next one is let through. */
const PROBE_MS = MINUTE_MS;

/**
 * Breakers of the account, one per key and team. A refusal that speaks of the account closes its gate for
 * all orders; after a while one order is let through to see. Looks and deletes are never held back.
 */
export class AccountGates {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #closed = new Map<string, Closed>();

  constructor(clock: Clock, scale = 1) {
    this.#clock = clock;
    this.#scale = scale;
  }

  /** The gate as a plan sees it. */
  look(gateKey: string): Gate {
    const closed = this.#closed.get(gateKey);
    const retryInMs = (closed?.untilMs ?? 0) - this.#clock.monotonicMs();
    return closed === undefined || retryInMs <= 0
      ? { kind: 'open' }
      : { kind: 'closed', reason: closed.reason, message: closed.message, retryInMs };
  }

  /** Whether an order may go out now; of those that ask once the time is over, only the first may. */
  pass(gateKey: string): boolean {
    const closed = this.#closed.get(gateKey);
    if (closed === undefined) {
      return true;
    }
    const nowMs = this.#clock.monotonicMs();
    if (closed.untilMs > nowMs) {
      return false;
    }
    this.#closed.set(gateKey, { ...closed, isProbed: true, untilMs: nowMs + PROBE_MS * this.#scale });
    return true;
  }

  /** An order was answered: accepted or refused for its own sake opens the gate, an account reason closes it. */
  settle(gateKey: string, refusal: Refusal | undefined): void {
    const reason = refusal === undefined ? undefined : gateReason(refusal);
    if (refusal === undefined || reason === undefined) {
      this.#closed.delete(gateKey);
      return;
    }
    const known = this.#closed.get(gateKey);
    const doubled = known?.reason === reason && known.isProbed ? known.lastedMs * 2 : FIRST_MS[reason];
    const lastedMs = Math.min(MAX_MS[reason], Math.max(doubled, refusal.retryAfterMs ?? 0));
    this.#closed.set(gateKey, {
      reason,
      message: refusal.message,
      lastedMs,
      untilMs: this.#clock.monotonicMs() + lastedMs * this.#scale,
      isProbed: false,
    });
  }

  /** A new key may do what the old one might not. */
  openAll(): void {
    this.#closed.clear();
  }
}

function gateReason({ reason }: Refusal): GateReason | undefined {
  return reason === 'Unauthorized' || reason === 'PaymentRequired' || reason === 'RateLimited'
    ? reason
    : undefined;
}
