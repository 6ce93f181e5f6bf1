import type { NamelessInstance } from '../lifecycle/observation.ts';
import type { InstanceSnapshot, Provider } from '../lifecycle/provider.ts';

/** A GET that failed says nothing, but an id must not be asked about for ever. */
const MAX_TRIES = 3;
/** GETs after one list. */
const MAX_AT_ONCE = 10;

interface Nameless {
  readonly firstListedAtMs: number;
  tries: number;
  name?: string;
}

/**
 * Instances that lists show without a readable name. Each may be the lost one of any GpuPod, so each is asked for by its
 * id, once; what the answer calls it is remembered while lists do not say.
 */
export class NamelessInstances {
  readonly #provider: Pick<Provider, 'getPod'>;
  #known = new Map<string, Nameless>();

  constructor(provider: Pick<Provider, 'getPod'>) {
    this.#provider = provider;
  }

  /** Takes the instances of all wallets; returns them with the names that are known. */
  fill(instances: readonly InstanceSnapshot[], beganAtMs: number): readonly InstanceSnapshot[] {
    const nameless = instances.filter(({ name, status }) => name === undefined && status !== 'TERMINATED');
    const fresh = { firstListedAtMs: beganAtMs, tries: 0 };
    this.#known = new Map(nameless.map(({ podId }) => [podId, this.#known.get(podId) ?? { ...fresh }]));
    return instances.map((instance) => {
      const name = instance.name ?? this.#known.get(instance.podId)?.name;
      return name === undefined ? instance : { ...instance, name };
    });
  }

  /** Those whose name nobody knows. */
  open(): readonly NamelessInstance[] {
    return [...this.#known]
      .filter(([, { name }]) => name === undefined)
      .map(([podId, { firstListedAtMs }]) => ({ podId, firstListedAtMs }));
  }

  /** Asks for the names that are not known yet; the next list will have them. */
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
