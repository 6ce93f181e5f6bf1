import type { Clock } from '../../clock.ts';
import { isForbidden, isNotFound } from '../client/api-errors.ts';

/** How often to look whether an optional kind is served by now. */
export const LOOK_AGAIN_MS = 10_000;

/** A refusal for so long is meant. A shorter one may come from an API server that has not read its roles yet. */
const REFUSED_FOR_MS = 10_000;

/**
 * Whether a refused list means that there are no objects. It does for an optional kind that the API server does not
 * know, or that this account may not list. A kind that was listed once is not taken for absent, because its objects
 * would seem deleted.
 */
export class OptionalKind {
  readonly #isOptional: boolean;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #isServed = false;
  #refusedSinceMs: number | undefined;

  constructor(isOptional: boolean, clock: Pick<Clock, 'monotonicMs'>) {
    this.#isOptional = isOptional;
    this.#clock = clock;
  }

  noteListed(): void {
    this.#isServed = true;
  }

  isAbsent(error: unknown): boolean {
    return this.#isOptional && !this.#isServed && (isNotFound(error) || this.#isRefusedForLong(error));
  }

  #isRefusedForLong(error: unknown): boolean {
    if (!isForbidden(error)) {
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#refusedSinceMs ??= nowMs;
    return nowMs - this.#refusedSinceMs >= REFUSED_FOR_MS;
  }
}
