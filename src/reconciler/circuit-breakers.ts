import type { Clock } from '../clock.ts';
import type { CreateHold, CreatePermit } from '../lifecycle/observation.ts';
import type { CreateOutcome, Refusal } from '../lifecycle/provider.ts';
import { nextWaitMs } from './breaker-times.ts';
import { ObjectHolds } from './object-holds.ts';
import type { Requester, HoldingRefusal } from './object-holds.ts';

interface Breaker {
  readonly reason: CreateHold['reason'];
  readonly message: string;
  readonly untilMs: number;
  readonly lastedMs: number;
  /** Who was let through after the time, to see whether orders are accepted again. */
  readonly probe?: string;
  /** Who was refused, the last one last: others go first. */
  readonly refused: readonly string[];
}

/** What an account is known to have done lately. */
interface Standing {
  readonly acceptedAtMs?: number;
  /** Namespaces that were refused for the account since then. */
  readonly refused: ReadonlySet<string>;
}

/** How long the one probe may take before the next one is let through. */
const PROBE_MS = 60_000;
/** An order that was accepted within this time speaks against a refusal of one tenant alone. */
const ACCEPTED_MS = 30 * 60_000;
/** How much longer than the others they wait who were refused, as part of the wait: more than the queue's jitter. */
const REFUSED_BEFORE = 0.15;
const REFUSED_LAST = 0.3;
const MAX_REFUSED = 100;

/**
 * Circuit breakers of the account, one per key and team, and holds of single GpuPods. A refusal that speaks of the
 * account closes the breaker for all creates of the team; after a while one is let through to see, another one than
 * last time. All else that is refused holds back nobody but its GpuPod. Looks and deletes are never held back.
 */
export class CircuitBreakers {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #onReset: (keys: readonly string[]) => void;
  readonly #holds: ObjectHolds;
  readonly #breakers = new Map<string, Breaker>();
  readonly #standings = new Map<string, Standing>();
  readonly #waiting = new Map<string, Set<string>>();

  /** @param onOpen is told whom a breaker does not hold back any more. */
  constructor(clock: Clock, scale = 1, onReset: (keys: readonly string[]) => void = () => undefined) {
    this.#clock = clock;
    this.#scale = scale;
    this.#onReset = onReset;
    this.#holds = new ObjectHolds(clock, scale);
  }

  /** The gate as a plan of this GpuPod sees it. */
  permitFor(requester: Requester): CreatePermit {
    const hold = this.#holds.find(requester);
    const breaker = this.#breakers.get(requester.breakerKey);
    if (hold !== undefined || breaker === undefined) {
      return hold ?? { kind: 'granted' };
    }
    const retryInMs = this.#opensAtMs(breaker, requester.uid) - this.#clock.monotonicMs();
    if (retryInMs <= 0) {
      return { kind: 'granted' };
    }
    const waiting = this.#waiting.get(requester.breakerKey) ?? new Set();
    this.#waiting.set(requester.breakerKey, waiting.add(requester.key));
    return { kind: 'held', reason: breaker.reason, message: breaker.message, retryInMs };
  }

  /** Whether an order may go out now; of those that ask once the time is over, only the first may. */
  pass(requester: Requester): boolean {
    if (this.permitFor(requester).kind === 'held') {
      return false;
    }
    const { breakerKey, uid } = requester;
    const breaker = this.#breakers.get(breakerKey);
    if (breaker !== undefined) {
      const untilMs = this.#clock.monotonicMs() + PROBE_MS * this.#scale;
      this.#breakers.set(breakerKey, { ...breaker, probe: uid, untilMs });
    }
    return true;
  }

  /** An order that had passed was not sent, or showed nothing of the account: somebody else may probe. */
  giveBack({ breakerKey, uid }: Requester): void {
    const breaker = this.#breakers.get(breakerKey);
    if (breaker?.probe === uid) {
      const { probe: _probe, ...rest } = breaker;
      const refused = withLast(breaker.refused, uid);
      this.#breakers.set(breakerKey, { ...rest, refused, untilMs: this.#clock.monotonicMs() });
    }
  }

  /** An order was answered. Only one that was accepted shows that the account is in order. */
  settle(requester: Requester, outcome: CreateOutcome, otherOffers: number): void {
    if (outcome.kind === 'created') {
      this.#accept(requester);
      return;
    }
    if (outcome.kind === 'refused' && holdsBack(outcome)) {
      this.#refuse(requester, outcome, otherOffers);
    }
    this.giveBack(requester);
  }

  /** A new key may do what the old one might not. */
  resetAll(): void {
    this.#holds.clear();
    this.#standings.clear();
    for (const breakerKey of [...this.#breakers.keys()]) {
      this.#reset(breakerKey);
    }
  }

  #accept({ breakerKey, uid }: Requester): void {
    this.#holds.end(uid);
    this.#standings.set(breakerKey, { acceptedAtMs: this.#clock.monotonicMs(), refused: new Set() });
    this.#reset(breakerKey);
  }

  #reset(breakerKey: string): void {
    const waiting = this.#waiting.get(breakerKey);
    this.#waiting.delete(breakerKey);
    if (this.#breakers.delete(breakerKey) && waiting !== undefined) {
      this.#onReset([...waiting]);
    }
  }

  #refuse(requester: Requester, refusal: HoldingRefusal, otherOffers: number): void {
    const { breakerKey, namespace, uid } = requester;
    if (refusal.scope === 'request') {
      this.#holds.refuse(requester, refusal, otherOffers);
      return;
    }
    const isDoubtful = this.#isDoubtful(requester, refusal);
    const standing = this.#standings.get(breakerKey);
    this.#standings.set(breakerKey, {
      ...standing,
      refused: new Set([...(standing?.refused ?? []), namespace]),
    });
    if (isDoubtful) {
      this.#holds.refuse(requester, refusal, otherOffers);
      return;
    }
    const { reason, message } = refusal;
    const known = this.#breakers.get(breakerKey);
    const isAgain = known?.reason === reason && known.probe === uid;
    const lastedMs = nextWaitMs(refusal, isAgain ? known.lastedMs : 0);
    const untilMs = this.#clock.monotonicMs() + lastedMs * this.#scale;
    const refused = withLast(known?.refused ?? [], uid);
    this.#breakers.set(breakerKey, { reason, message, lastedMs, untilMs, refused });
  }

  /** The account works for others, and one tenant alone says that it does not: that may be what the tenant asked for. */
  #isDoubtful({ breakerKey, namespace }: Requester, { isProven }: Refusal): boolean {
    const { acceptedAtMs = -Infinity, refused = new Set() } = this.#standings.get(breakerKey) ?? {};
    const isRecent = this.#clock.monotonicMs() - acceptedAtMs <= ACCEPTED_MS * this.#scale;
    const isAlone = [...refused].every((other) => other === namespace);
    return !isProven && isRecent && isAlone;
  }

  #opensAtMs({ untilMs, lastedMs, probe, refused }: Breaker, uid: string): number {
    const place = probe === undefined ? refused.indexOf(uid) : -1;
    const share = place < 0 ? 0 : place === refused.length - 1 ? REFUSED_LAST : REFUSED_BEFORE;
    return untilMs + share * lastedMs * this.#scale;
  }
}

function withLast(uids: readonly string[], uid: string): readonly string[] {
  return [...uids.filter((other) => other !== uid), uid].slice(-MAX_REFUSED);
}

const HOLDING: ReadonlySet<string> = new Set<CreateHold['reason']>([
  'Unauthorized',
  'PaymentRequired',
  'RateLimited',
  'Forbidden',
  'QuotaExceeded',
]);

function holdsBack(refusal: Refusal): refusal is HoldingRefusal {
  return HOLDING.has(refusal.reason) && refusal.scope !== 'offer' && refusal.scope !== 'upstream';
}
