import type { Clock } from '../../clock.ts';
import type { CreateHold, CreatePermit } from '../../lifecycle/observation.ts';
import type { CreateOutcome, Refusal } from '../../lifecycle/provider.ts';
import { nextWaitMs } from './breaker-times.ts';
import { ObjectHolds } from './object-holds.ts';
import type { Requester, HoldingRefusal } from './object-holds.ts';

interface Breaker {
  readonly reason: CreateHold['reason'];
  readonly message: string;
  readonly untilMs: number;
  readonly lastedMs: number;
  /** UID of the GpuPod that probes whether the provider accepts create requests again. */
  readonly probe?: string;
  /** UIDs of the refused GpuPods, the latest last. Others probe first. */
  readonly refused: readonly string[];
}

/** Recent results of an account. */
interface BreakerState {
  readonly acceptedAtMs?: number;
  /** Namespaces whose create requests were refused for the account since then. */
  readonly refused: ReadonlySet<string>;
}

/** How long a probe may take before the next one starts. */
const PROBE_MS = 60_000;
/** A create request that was accepted within this time contradicts a refusal that only one namespace received. */
const ACCEPTED_MS = 30 * 60_000;
/**
 * Extra wait of GpuPods that were refused, as a share of the wait, so that others probe first. It exceeds the queue's
 * jitter.
 */
const REFUSED_BEFORE = 0.15;
const REFUSED_LAST = 0.3;
const MAX_REFUSED = 100;

/**
 * The circuit breakers of one account, one per team, and the holds of single GpuPods. A refusal that concerns
 * the account holds back all create requests of the team. After the wait one GpuPod probes, another one than last
 * time. Any other refusal holds back only its own GpuPod. Reads and terminations always go on.
 */
export class CircuitBreakers {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #onReset: (keys: readonly string[]) => void;
  readonly #holds: ObjectHolds;
  readonly #breakers = new Map<string, Breaker>();
  readonly #states = new Map<string, BreakerState>();
  readonly #waiting = new Map<string, Set<string>>();

  /** @param onReset receives the keys of the GpuPods that a breaker held back, when it is reset */
  constructor(clock: Clock, scale = 1, onReset: (keys: readonly string[]) => void = () => undefined) {
    this.#clock = clock;
    this.#scale = scale;
    this.#onReset = onReset;
    this.#holds = new ObjectHolds(clock, scale);
  }

  /** Whether this GpuPod may create, for its next decision. */
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

  /** Whether a create request may leave now. After the wait only the first GpuPod that asks may probe. */
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

  /** A permitted create request was not sent, or showed nothing about the account, so another GpuPod may probe. */
  giveBack({ breakerKey, uid }: Requester): void {
    const breaker = this.#breakers.get(breakerKey);
    if (breaker?.probe === uid) {
      const { probe: _probe, ...rest } = breaker;
      const refused = withLast(breaker.refused, uid);
      this.#breakers.set(breakerKey, { ...rest, refused, untilMs: this.#clock.monotonicMs() });
    }
  }

  /** Takes the outcome of a create request. Only an accepted one shows that the account can create. */
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

  /** Why create requests are held back now, in any team. */
  reasons(): readonly CreateHold['reason'][] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#breakers.values()].filter(({ untilMs }) => untilMs > nowMs).map(({ reason }) => reason);
  }

  /** A new key may be allowed what the old one was not. */
  resetAll(): void {
    this.#holds.clear();
    this.#states.clear();
    for (const breakerKey of [...this.#breakers.keys()]) {
      this.#reset(breakerKey);
    }
  }

  #accept({ breakerKey, uid }: Requester): void {
    this.#holds.end(uid);
    this.#states.set(breakerKey, { acceptedAtMs: this.#clock.monotonicMs(), refused: new Set() });
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
    const state = this.#states.get(breakerKey);
    this.#states.set(breakerKey, {
      ...state,
      refused: new Set([...(state?.refused ?? []), namespace]),
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

  /** True if the account works for others and only one namespace is refused: its own request may be the cause. */
  #isDoubtful({ breakerKey, namespace }: Requester, { isProven }: Refusal): boolean {
    const { acceptedAtMs = -Infinity, refused = new Set() } = this.#states.get(breakerKey) ?? {};
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
