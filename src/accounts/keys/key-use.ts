import type { Clock } from '../../clock.ts';

export interface KeyUseOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How long a key counts as in use after it was needed: longer than it takes until a create intent names it. */
  readonly graceMs: number;
  /** True if this installation has registered keys before. */
  readonly mayHaveKeys: boolean;
  /** Records with the installation that it registers keys. */
  readonly record: () => Promise<void>;
}

/** What this process knows about the use of SSH keys, whatever account they are registered with. */
export class KeyUse {
  readonly #options: KeyUseOptions;
  readonly #neededAtMs = new Map<string, number>();
  #mayHaveKeys: boolean;

  constructor(options: KeyUseOptions) {
    this.#options = options;
    this.#mayHaveKeys = options.mayHaveKeys;
  }

  /** False if no key can be left over, so that nobody needs to look for one. */
  get mayHaveKeys(): boolean {
    return this.#mayHaveKeys;
  }

  /** Before the first key is registered: a later process must know that keys may be left over. */
  async beforeRegistration(): Promise<void> {
    if (!this.#mayHaveKeys) {
      await this.#options.record();
      this.#mayHaveKeys = true;
    }
  }

  noteNeed(fingerprint: string): void {
    const { clock, graceMs } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#neededAtMs.set(fingerprint, nowMs);
    for (const [other, atMs] of this.#neededAtMs) {
      if (nowMs - atMs >= graceMs) {
        this.#neededAtMs.delete(other);
      }
    }
  }

  /** Milliseconds until a key that was known at this time may count as unused; 0 or less: it may. */
  graceLeftMs(fingerprint: string, knownSinceMs: number): number {
    const { clock, graceMs } = this.#options;
    const sinceMs = Math.max(knownSinceMs, this.#neededAtMs.get(fingerprint) ?? -Infinity);
    return sinceMs + graceMs - clock.monotonicMs();
  }
}
