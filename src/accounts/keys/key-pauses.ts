import type { Clock } from '../../clock.ts';
import { doubledWaitMs } from '../../lifecycle/doubled-wait.ts';

/** Why a key could not be registered, and what that means for the next try. */
export interface KeyTrouble<Failed> {
  readonly failed: Failed;
  /** How often in a row. */
  readonly count: number;
  readonly untilMs: number;
}

export interface PauseRule {
  /** So many times in a row another try may follow at once. */
  readonly free: number;
  /** From so many times on, none follows. @default Infinity */
  readonly bound?: number;
}

const FIRST_MS = 30_000;
const MAX_MS = 300_000;
/** More keys than this have trouble at once only where somebody makes them on purpose. */
const MAX_KEYS = 10_000;

/**
 * The keys of one account that the provider did not take, by fingerprint. What it refused, it usually refuses again, so
 * the tries of one key become rare, whoever asks. Another key has tries of its own.
 */
export class KeyPauses<Failed> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #troubles = new Map<string, KeyTrouble<Failed>>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** The last trouble of the key, if no other try may follow yet. */
  current(fingerprint: string): KeyTrouble<Failed> | undefined {
    const trouble = this.#troubles.get(fingerprint);
    return trouble !== undefined && this.#clock.monotonicMs() < trouble.untilMs ? trouble : undefined;
  }

  /** How often in a row the key had trouble. */
  countOf(fingerprint: string): number {
    return this.#troubles.get(fingerprint)?.count ?? 0;
  }

  note(fingerprint: string, failed: Failed, { free, bound = Infinity }: PauseRule): KeyTrouble<Failed> {
    const count = this.countOf(fingerprint) + 1;
    const grownMs = count <= free ? 0 : doubledWaitMs(count - free, FIRST_MS, MAX_MS);
    const untilMs = count >= bound ? Infinity : this.#clock.monotonicMs() + grownMs;
    const trouble = { failed, count, untilMs };
    this.#troubles.delete(fingerprint);
    this.#troubles.set(fingerprint, trouble);
    this.#forgetOldest();
    return trouble;
  }

  /** The provider took the key. */
  clear(fingerprint: string): void {
    this.#troubles.delete(fingerprint);
  }

  /** Another API key, or another account, may be treated differently. */
  forget(): void {
    this.#troubles.clear();
  }

  #forgetOldest(): void {
    const [oldest] = this.#troubles.keys();
    if (this.#troubles.size > MAX_KEYS && oldest !== undefined) {
      this.#troubles.delete(oldest);
    }
  }
}
