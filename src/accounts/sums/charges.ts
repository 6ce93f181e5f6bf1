import type { Clock } from '../../clock.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { HOUR_MS } from './gpu-pod-counts.ts';
import type { Owner } from './stated.ts';
import { NOTHING } from './sum-limits.ts';
import type { Counted } from './sum-limits.ts';

/** What a prepaid create request charged. */
export interface Charge {
  readonly uid: string;
  readonly owner: Owner;
  readonly micros: MicroUsd;
}

/** What prepaid create requests charged, by instance name. It counts for an hour, even if the instance ends. */
export class Charges {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #charges = new Map<string, Charge & { readonly atMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  add(name: string, charge: Charge): void {
    this.#charges.set(name, { ...charge, atMs: this.#clock.monotonicMs() });
  }

  drop(name: string): void {
    this.#charges.delete(name);
  }

  /**
   * The part of each charge of the last hour that does not count otherwise.
   *
   * @param includedOf what counts for the request or GpuPod of a charge
   */
  open(includedOf: (name: string, uid: string) => MicroUsd): readonly Counted[] {
    const nowMs = this.#clock.monotonicMs();
    const open: Counted[] = [];
    for (const [name, { uid, micros, owner, atMs }] of this.#charges) {
      if (nowMs - atMs >= HOUR_MS) {
        this.#charges.delete(name);
      } else {
        open.push({ ...NOTHING, micros: Math.max(0, micros - includedOf(name, uid)), owner });
      }
    }
    return open;
  }
}
