import type { Clock } from '../../clock.ts';
import type { CreateHold } from '../../lifecycle/observation.ts';
import type { Refusal } from '../../lifecycle/provider.ts';
import { nextWaitMs } from './breaker-times.ts';

/** A GpuPod that needs a create request, as the circuit breaker identifies it. */
export interface Requester {
  /** The team that pays: each account has breakers of its own, one per team. */
  readonly breakerKey: string;
  /** `namespace/name`, to requeue it. */
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
}

/** Refusals that hold back create requests of the team or of the GpuPod. A refusal of an offer holds back neither. */
export type HoldingRefusal = Refusal & Pick<CreateHold, 'reason'>;

interface Hold {
  readonly generation: number;
  readonly reason: CreateHold['reason'];
  readonly message: string;
  readonly untilMs: number;
  /** Length of the hold in milliseconds; 0 while other offers are tried. */
  readonly lastedMs: number;
  /** Refusals of this reason in a row. */
  readonly count: number;
}

const MOVING: ReadonlySet<string> = new Set<CreateHold['reason']>(['Forbidden', 'QuotaExceeded']);
/** Another offer may be allowed where one is forbidden. After so many refusals the next one is unlikely to be. */
const MAX_FORBIDDEN = 3;

/** How long an expired hold is remembered. */
const RETENTION_MS = 60 * 60_000;

/**
 * Holds back the create requests of single GpuPods. A refusal that the GpuPod's own request caused stops no other.
 */
export class ObjectHolds {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #holds = new Map<string, Hold>();

  constructor(clock: Clock, scale: number) {
    this.#clock = clock;
    this.#scale = scale;
  }

  /** The hold on this GpuPod, if any. A changed spec makes a different request, so its hold no longer counts. */
  find({ uid, generation }: Pick<Requester, 'uid' | 'generation'>): CreateHold | undefined {
    const hold = this.#holds.get(uid);
    const retryInMs = (hold?.untilMs ?? 0) - this.#clock.monotonicMs();
    return hold?.generation !== generation || retryInMs <= 0
      ? undefined
      : { kind: 'held', reason: hold.reason, message: hold.message, retryInMs };
  }

  /** A create request of this GpuPod was refused. The GpuPod waits, unless it has other offers to try. */
  refuse({ uid, generation }: Requester, refusal: HoldingRefusal, otherOffers: number): void {
    const { reason, message } = refusal;
    const found = this.#holds.get(uid);
    const isSame = found?.reason === reason && found.generation === generation;
    const known = isSame ? found : { count: 0, lastedMs: 0 };
    const count = known.count + 1;
    const movesOn = MOVING.has(reason) && otherOffers > 0 && count < MAX_FORBIDDEN;
    const lastedMs = movesOn ? 0 : nextWaitMs(refusal, known.lastedMs);
    const untilMs = this.#clock.monotonicMs() + lastedMs * this.#scale;
    this.#holds.set(uid, { generation, reason, message, lastedMs, untilMs, count });
    this.#dropOld();
  }

  end(uid: string): void {
    this.#holds.delete(uid);
  }

  clear(): void {
    this.#holds.clear();
  }

  /** Keeps an expired entry for a while, so that the next hold can double. */
  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [uid, { untilMs }] of this.#holds) {
      if (untilMs + RETENTION_MS * this.#scale < nowMs) {
        this.#holds.delete(uid);
      }
    }
  }
}
