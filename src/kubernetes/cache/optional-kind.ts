import { isForbidden, isNotFound } from '../client/api-errors.ts';

/** How often to look whether an optional kind is served by now. */
export const LOOK_AGAIN_MS = 10_000;

/**
 * Whether a refused list means that there are no objects. It does for an optional kind that the API server does not
 * know, or that this account may not list. A kind that was listed once is not taken for absent, because its objects
 * would seem deleted.
 */
export class OptionalKind {
  readonly #isOptional: boolean;
  #isServed = false;

  constructor(isOptional: boolean) {
    this.#isOptional = isOptional;
  }

  noteListed(): void {
    this.#isServed = true;
  }

  isAbsent(error: unknown): boolean {
    return this.#isOptional && !this.#isServed && (isNotFound(error) || isForbidden(error));
  }
}
