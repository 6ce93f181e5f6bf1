import type { Change } from './simulated-api-server.ts';

/** Passes over one object, after the last fault, within which it must have come to rest. */
export const MOST_PASSES = 12;

/**
 * How soon the operator comes to rest. Counted are passes in which something was done (a call was made); those that
 * only look at what is remembered and wait on are free.
 */
export class Progress {
  /** What befell the world, by kind: a kind that never struck was not tested. */
  readonly struck = new Map<string, number>();
  lastStrikeMs = 0;
  /** Processes that lead at once: each has its own passes. */
  leaders = 1;
  readonly #passes = new Map<string, number>();
  readonly #passesAtLastWrite = new Map<string, number>();

  /** Something befell the world: what was counted before does not matter any more. */
  strike(kind: string, nowMs: number): void {
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
    this.lastStrikeMs = nowMs;
    this.#passes.clear();
    this.#passesAtLastWrite.clear();
  }

  notePass(key: string, seconds: number): void {
    if (seconds > 0) this.#passes.set(key, this.#passesOf(key) + 1);
  }

  /** The operator wrote: the pass that did it is not over yet. */
  noteWrite({ kind, object }: Change): void {
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    const owner = kind === 'gpupods' ? name : ownerReferences[0]?.name;
    if (owner === undefined) return;
    const key = `${namespace}/${owner}`;
    this.#passesAtLastWrite.set(key, this.#passesOf(key) + 1);
  }

  /** Passes that each object needed since the last fault until nothing was written for it any more. */
  passesToRest(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#passesAtLastWrite].map(([key, passes]) => [key, Math.ceil(passes / this.leaders)]),
    );
  }

  #passesOf(key: string): number {
    return this.#passes.get(key) ?? 0;
  }
}
