import type { NamelessInstance } from '../../lifecycle/observation.ts';
import type { InstanceSnapshot, Provider } from '../../lifecycle/provider.ts';

/** A failed GET says nothing. After each failure the next GET waits for twice as many lists, up to this number. */
const MAX_LISTS_BETWEEN = 64;
/** GET requests after one list. */
const MAX_AT_ONCE = 10;

interface Nameless {
  readonly firstListedAtMs: number;
  /** `settled`: the provider answered, with a name or without. */
  state: 'due' | 'asking' | 'settled';
  failures: number;
  /** Lists until the next GET. */
  listsToWait: number;
  name?: string;
}

/**
 * Instances that lists show without a readable name. Each may be the lost instance of any GpuPod, so the operator
 * reads each by its ID, once. It remembers the name from the answer while lists lack it. A read that failed is repeated,
 * ever more seldom.
 */
export class NamelessInstances {
  readonly #provider: Pick<Provider, 'getPod'>;
  #known = new Map<string, Nameless>();

  constructor(provider: Pick<Provider, 'getPod'>) {
    this.#provider = provider;
  }

  /**
   * Takes the instances of all wallets.
   *
   * @returns them with all names that are known
   */
  fill(instances: readonly InstanceSnapshot[], beganAtMs: number): readonly InstanceSnapshot[] {
    const nameless = instances.filter(({ name, status }) => name === undefined && status !== 'TERMINATED');
    const fresh: Nameless = { firstListedAtMs: beganAtMs, state: 'due', failures: 0, listsToWait: 1 };
    this.#known = new Map(nameless.map(({ podId }) => [podId, this.#known.get(podId) ?? { ...fresh }]));
    for (const known of this.#known.values()) {
      known.listsToWait -= 1;
    }
    return instances.map((instance) => {
      const name = instance.name ?? this.#known.get(instance.podId)?.name;
      return name === undefined ? instance : { ...instance, name };
    });
  }

  /** Instances whose name is unknown. */
  open(): readonly NamelessInstance[] {
    return [...this.#known]
      .filter(([, { name }]) => name === undefined)
      .map(([podId, { firstListedAtMs }]) => ({ podId, firstListedAtMs }));
  }

  /** Reads the unknown names. The next list includes them. */
  async ask(): Promise<void> {
    const due = [...this.#known].filter(([, { state, listsToWait }]) => state === 'due' && listsToWait <= 0);
    await Promise.all(
      due.slice(0, MAX_AT_ONCE).map(async ([podId, nameless]) => this.#read(podId, nameless)),
    );
  }

  async #read(podId: string, nameless: Nameless): Promise<void> {
    nameless.state = 'asking';
    const answer = await this.#provider.getPod(podId);
    if (answer.kind === 'failure') {
      nameless.state = 'due';
      nameless.failures += 1;
      nameless.listsToWait = Math.min(MAX_LISTS_BETWEEN, 2 ** (nameless.failures - 1));
      return;
    }
    nameless.state = 'settled';
    if (answer.kind === 'ok' && answer.value.name !== undefined) {
      nameless.name = answer.value.name;
    }
  }
}
