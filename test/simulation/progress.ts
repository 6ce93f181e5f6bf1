import type { Change } from './simulated-api-server.ts';

/** The passes over one object, after the last fault, within which it must come to rest. */
export const MOST_PASSES = 12;

/**
 * How soon the operator comes to rest. Only passes with a call count. Passes that only read local state and
 * wait are free.
 */
export class Progress {
  /** Faults by kind. A kind that never occurred was not tested. */
  readonly faults = new Map<string, number>();
  lastFaultMs = 0;
  /** Processes that lead at the same time. Each has its own passes. */
  leaders = 1;
  readonly #passes = new Map<string, number>();
  readonly #passesAtLastWrite = new Map<string, number>();

  /** A fault occurred, so the count starts again. */
  noteFault(kind: string, nowMs: number): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.lastFaultMs = nowMs;
    this.#passes.clear();
    this.#passesAtLastWrite.clear();
  }

  notePass(key: string, seconds: number): void {
    if (seconds > 0) this.#passes.set(key, this.#passesOf(key) + 1);
  }

  /** The operator wrote, so this pass counts too. */
  noteWrite({ kind, object }: Change): void {
    const { namespace = '', name, ownerReferences = [] } = object.metadata;
    const owner = kind === 'gpupods' ? name : ownerReferences[0]?.name;
    if (owner === undefined) return;
    const key = `${namespace}/${owner}`;
    this.#passesAtLastWrite.set(key, this.#passesOf(key) + 1);
  }

  /** Passes that each object needed since the last fault until the operator wrote nothing more for it. */
  passesToRest(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#passesAtLastWrite].map(([key, passes]) => [key, Math.ceil(passes / this.leaders)]),
    );
  }

  #passesOf(key: string): number {
    return this.#passes.get(key) ?? 0;
  }
}
