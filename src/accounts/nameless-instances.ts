import type { NamelessInstance } from '../lifecycle/observation.ts';
import type { InstanceSnapshot, Provider } from '../lifecycle/provider.ts';

/** A failed GET says nothing, but the operator must not repeat it without limit. */
const MAX_TRIES = 3;
/** GET requests after one list. */
const MAX_AT_ONCE = 10;

interface Nameless {
  readonly firstListedAtMs: number;
  tries: number;
  name?: string;
}

/**
 * Instances that lists show without a readable name. Each may be the lost instance of any GpuPod, so the operator
 * reads each by its ID, once. It remembers the name from the answer while lists lack it.
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
    const fresh = { firstListedAtMs: beganAtMs, tries: 0 };
    this.#known = new Map(nameless.map(({ podId }) => [podId, this.#known.get(podId) ?? { ...fresh }]));
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
    const open = [...this.#known].filter(([, { name, tries }]) => name === undefined && tries < MAX_TRIES);
    await Promise.all(
      open.slice(0, MAX_AT_ONCE).map(async ([podId, nameless]) => {
        nameless.tries += 1;
        const answer = await this.#provider.getPod(podId);
        if (answer.kind !== 'failure') {
          nameless.tries = MAX_TRIES;
        }
        if (answer.kind === 'ok' && answer.value.name !== undefined) {
          nameless.name = answer.value.name;
        }
      }),
    );
  }
}
