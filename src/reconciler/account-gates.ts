import type { Clock } from '../clock.ts';
import type { ClosedGate, Gate } from '../lifecycle/observation.ts';
import type { CreateOutcome, Refusal } from '../lifecycle/provider.ts';
import { nextWaitMs } from './gate-times.ts';
import { ObjectHolds } from './object-holds.ts';
import type { CreateOrder, HoldingRefusal } from './object-holds.ts';

interface Breaker {
  readonly reason: ClosedGate['reason'];
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
export class AccountGates {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #onOpen: (keys: readonly string[]) => void;
  readonly #holds: ObjectHolds;
  readonly #breakers = new Map<string, Breaker>();
  readonly #standings = new Map<string, Standing>();
  readonly #waiting = new Map<string, Set<string>>();

  /** @param onOpen is told whom a breaker does not hold back any more. */
  constructor(clock: Clock, scale = 1, onOpen: (keys: readonly string[]) => void = () => undefined) {
    this.#clock = clock;
    this.#scale = scale;
    this.#onOpen = onOpen;
    this.#holds = new ObjectHolds(clock, scale);
  }

  /** The gate as a plan of this GpuPod sees it. */
  look(order: CreateOrder): Gate {
    const hold = this.#holds.find(order);
    const breaker = this.#breakers.get(order.gateKey);
    if (hold !== undefined || breaker === undefined) {
      return hold ?? { kind: 'open' };
    }
    const retryInMs = this.#opensAtMs(breaker, order.uid) - this.#clock.monotonicMs();
    if (retryInMs <= 0) {
      return { kind: 'open' };
    }
    const waiting = this.#waiting.get(order.gateKey) ?? new Set();
    this.#waiting.set(order.gateKey, waiting.add(order.key));
    return { kind: 'closed', reason: breaker.reason, message: breaker.message, retryInMs };
  }

  /** Whether an order may go out now; of those that ask once the time is over, only the first may. */
  pass(order: CreateOrder): boolean {
    if (this.look(order).kind === 'closed') {
      return false;
    }
    const { gateKey, uid } = order;
    const breaker = this.#breakers.get(gateKey);
    if (breaker !== undefined) {
      const untilMs = this.#clock.monotonicMs() + PROBE_MS * this.#scale;
      this.#breakers.set(gateKey, { ...breaker, probe: uid, untilMs });
    }
    return true;
  }

  /** An order that had passed was not sent, or showed nothing of the account: somebody else may probe. */
  giveBack({ gateKey, uid }: CreateOrder): void {
    const breaker = this.#breakers.get(gateKey);
    if (breaker?.probe === uid) {
      const { probe: _probe, ...rest } = breaker;
      const refused = withLast(breaker.refused, uid);
      this.#breakers.set(gateKey, { ...rest, refused, untilMs: this.#clock.monotonicMs() });
    }
  }

  /** An order was answered. Only one that was accepted shows that the account is in order. */
  settle(order: CreateOrder, outcome: CreateOutcome, otherOffers: number): void {
    if (outcome.kind === 'created') {
      this.#accept(order);
      return;
    }
    if (outcome.kind === 'refused' && holdsBack(outcome)) {
      this.#refuse(order, outcome, otherOffers);
    }
    this.giveBack(order);
  }

  /** A new key may do what the old one might not. */
  openAll(): void {
    this.#holds.clear();
    this.#standings.clear();
    for (const gateKey of [...this.#breakers.keys()]) {
      this.#open(gateKey);
    }
  }

  #accept({ gateKey, uid }: CreateOrder): void {
    this.#holds.end(uid);
    this.#standings.set(gateKey, { acceptedAtMs: this.#clock.monotonicMs(), refused: new Set() });
    this.#open(gateKey);
  }

  #open(gateKey: string): void {
    const waiting = this.#waiting.get(gateKey);
    this.#waiting.delete(gateKey);
    if (this.#breakers.delete(gateKey) && waiting !== undefined) {
      this.#onOpen([...waiting]);
    }
  }

  #refuse(order: CreateOrder, refusal: HoldingRefusal, otherOffers: number): void {
    const { gateKey, namespace, uid } = order;
    if (refusal.scope === 'request') {
      this.#holds.refuse(order, refusal, otherOffers);
      return;
    }
    const isDoubtful = this.#isDoubtful(order, refusal);
    const standing = this.#standings.get(gateKey);
    this.#standings.set(gateKey, {
      ...standing,
      refused: new Set([...(standing?.refused ?? []), namespace]),
    });
    if (isDoubtful) {
      this.#holds.refuse(order, refusal, otherOffers);
      return;
    }
    const { reason, message } = refusal;
    const known = this.#breakers.get(gateKey);
    const isAgain = known?.reason === reason && known.probe === uid;
    const lastedMs = nextWaitMs(refusal, isAgain ? known.lastedMs : 0);
    const untilMs = this.#clock.monotonicMs() + lastedMs * this.#scale;
    const refused = withLast(known?.refused ?? [], uid);
    this.#breakers.set(gateKey, { reason, message, lastedMs, untilMs, refused });
  }

  /** The account works for others, and one tenant alone says that it does not: that may be what the tenant asked for. */
  #isDoubtful({ gateKey, namespace }: CreateOrder, { isProven }: Refusal): boolean {
    const { acceptedAtMs = -Infinity, refused = new Set() } = this.#standings.get(gateKey) ?? {};
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

const HOLDING: ReadonlySet<string> = new Set<ClosedGate['reason']>([
  'Unauthorized',
  'PaymentRequired',
  'RateLimited',
  'Forbidden',
  'QuotaExceeded',
]);

function holdsBack(refusal: Refusal): refusal is HoldingRefusal {
  return HOLDING.has(refusal.reason) && refusal.scope !== 'offer' && refusal.scope !== 'upstream';
}
