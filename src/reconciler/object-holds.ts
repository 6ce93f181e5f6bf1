import type { Clock } from '../clock.ts';
import type { CreateHold } from '../lifecycle/observation.ts';
import type { Refusal } from '../lifecycle/provider.ts';
import { nextWaitMs } from './breaker-times.ts';

/** A GpuPod that wants to create, as a breaker sees it. */
export interface Requester {
  /** Whose money it is: breakers are per team, and there is one key. */
  readonly breakerKey: string;
  /** `namespace/name`, to wake it. */
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
}

/** Refusals that hold creates back: of the team, or of the GpuPod alone. What concerns an offer holds back neither. */
export type HoldingRefusal = Refusal & Pick<CreateHold, 'reason'>;

interface Hold {
  readonly generation: number;
  readonly reason: CreateHold['reason'];
  readonly message: string;
  readonly untilMs: number;
  /** 0 while other offers are still tried. */
  readonly lastedMs: number;
  /** Refusals of this reason in a row. */
  readonly count: number;
}

const MOVING: ReadonlySet<string> = new Set<CreateHold['reason']>(['Forbidden', 'QuotaExceeded']);
/** Another offer may take what one forbids; after so many the next one will not either. */
const MAX_FORBIDDEN = 3;

/** How long a hold is remembered after its end. */
const MEMORY_MS = 60 * 60_000;

/** Creates that are held back for one GpuPod alone: what its own request caused stops nobody else. */
export class ObjectHolds {
  readonly #clock: Clock;
  readonly #scale: number;
  readonly #holds = new Map<string, Hold>();

  constructor(clock: Clock, scale: number) {
    this.#clock = clock;
    this.#scale = scale;
  }

  /** A changed spec asks for something else. */
  find({ uid, generation }: Pick<Requester, 'uid' | 'generation'>): CreateHold | undefined {
    const hold = this.#holds.get(uid);
    const retryInMs = (hold?.untilMs ?? 0) - this.#clock.monotonicMs();
    return hold?.generation !== generation || retryInMs <= 0
      ? undefined
      : { kind: 'held', reason: hold.reason, message: hold.message, retryInMs };
  }

  /** The create of this GpuPod was refused. It waits, unless there are other offers to try. */
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

  /** An entry is kept for a while after its end, so that it can double. */
  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [uid, { untilMs }] of this.#holds) {
      if (untilMs + MEMORY_MS * this.#scale < nowMs) {
        this.#holds.delete(uid);
      }
    }
  }
}
