import type { Totals } from './sum-limits.ts';

/**
 * A sum of whole numbers that is exact whatever their size, so that taking away what was added leaves what was there
 * before. Anybody may write any price into a status, and one of 1e305 USD would stay in a sum of binary fractions.
 */
class ExactSum {
  #finite = 0n;
  #infinite = 0;

  add(value: number): void {
    if (Number.isFinite(value)) {
      this.#finite += BigInt(Math.ceil(value));
    } else {
      this.#infinite += 1;
    }
  }

  take(value: number): void {
    if (Number.isFinite(value)) {
      this.#finite -= BigInt(Math.ceil(value));
    } else {
      this.#infinite -= 1;
    }
  }

  addAll({ finite, infinite }: { readonly finite: bigint; readonly infinite: number }): void {
    this.#finite += finite;
    this.#infinite += infinite;
  }

  get parts(): { readonly finite: bigint; readonly infinite: number } {
    return { finite: this.#finite, infinite: this.#infinite };
  }

  /** The sum, with so many times this value. */
  with(times: number, value: number): number {
    if (this.#infinite > 0 || (times > 0 && !Number.isFinite(value))) {
      return Infinity;
    }
    return Number(this.#finite + (times === 0 ? 0n : BigInt(times) * BigInt(Math.ceil(value))));
  }
}

/** What can be added to totals. */
export interface Addend extends Totals {
  readonly isPriceUnknown?: true | undefined;
}

/** Totals that are kept up to date, and stay exact. */
export class ExactTotals {
  readonly #micros = new ExactSum();
  readonly #instances = new ExactSum();
  readonly #gpus = new ExactSum();
  #unpriced = 0;
  #size = 0;

  /** How many were added and not taken away. */
  get size(): number {
    return this.#size;
  }

  add({ micros, instances, gpus, isPriceUnknown }: Addend): void {
    this.#size += 1;
    this.#unpriced += isPriceUnknown === true ? 1 : 0;
    this.#micros.add(isPriceUnknown === true ? 0 : micros);
    this.#instances.add(instances);
    this.#gpus.add(gpus);
  }

  take({ micros, instances, gpus, isPriceUnknown }: Addend): void {
    this.#size -= 1;
    this.#unpriced -= isPriceUnknown === true ? 1 : 0;
    this.#micros.take(isPriceUnknown === true ? 0 : micros);
    this.#instances.take(instances);
    this.#gpus.take(gpus);
  }

  copy(): ExactTotals {
    const copy = new ExactTotals();
    copy.#size = this.#size;
    copy.#unpriced = this.#unpriced;
    copy.#micros.addAll(this.#micros.parts);
    copy.#instances.addAll(this.#instances.parts);
    copy.#gpus.addAll(this.#gpus.parts);
    return copy;
  }

  /** @param unknownPrice what each counts that may cost anything */
  at(unknownPrice = 0): Totals {
    return {
      micros: this.#micros.with(this.#unpriced, unknownPrice),
      instances: this.#instances.with(0, 0),
      gpus: this.#gpus.with(0, 0),
    };
  }
}

export function sumOf(counted: readonly Totals[]): Totals {
  const sum = new ExactTotals();
  for (const { micros, instances, gpus } of counted) {
    sum.add({ micros, instances, gpus });
  }
  return sum.at();
}
