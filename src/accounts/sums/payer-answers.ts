import { accountKey } from '../../lifecycle/account-identity.ts';
import type { AccountReference } from '../../lifecycle/account-identity.ts';
import type { OpenCreate } from './gpu-pod-facts.ts';
import type { StatedPayer, StatedPayers } from './stated-intent.ts';

interface Asked {
  readonly payer: AccountReference | undefined;
  readonly namespace: string;
  readonly keys: Set<string>;
  answer: StatedPayer | undefined;
}

/**
 * What is known of the accounts that open create intents name. Accounts, namespaces and settings decide it, so it is
 * asked again each time, once for all GpuPods of a namespace that name one account.
 */
export class PayerAnswers {
  readonly #payers: StatedPayers;
  readonly #asked = new Map<string, Asked>();
  #wasSettled = false;

  constructor(payers: StatedPayers) {
    this.#payers = payers;
  }

  keep(key: string, { payer, namespace }: OpenCreate): void {
    const question = questionOf(payer, namespace);
    const asked = this.#asked.get(question) ?? { payer, namespace, keys: new Set(), answer: undefined };
    this.#asked.set(question, asked);
    asked.keys.add(key);
  }

  drop(key: string, { payer, namespace }: OpenCreate): void {
    const question = questionOf(payer, namespace);
    const asked = this.#asked.get(question);
    if (asked?.keys.delete(key) === true && asked.keys.size === 0) {
      this.#asked.delete(question);
    }
  }

  /**
   * Keys of the GpuPods for which the answer differs from the last one.
   *
   * @param isSettled whether lists show by now what an earlier process rented, which is part of each answer
   */
  changed(isSettled: boolean): readonly string[] {
    const isOther = isSettled !== this.#wasSettled;
    this.#wasSettled = isSettled;
    return [...this.#asked.values()].flatMap((asked) => {
      const answer = this.#payers(asked.payer, asked.namespace);
      const isSame = !isOther && asked.answer !== undefined && isSameAnswer(asked.answer, answer);
      asked.answer = answer;
      return isSame ? [] : [...asked.keys];
    });
  }
}

function questionOf(payer: AccountReference | undefined, namespace: string): string {
  return `${namespace} ${payer === undefined ? '' : accountKey(payer, namespace)}`;
}

function isSameAnswer(one: StatedPayer, other: StatedPayer): boolean {
  return (
    one.isForNamespace === other.isForNamespace &&
    one.maxPrice === other.maxPrice &&
    one.maxGpus === other.maxGpus &&
    one.allowPrepaid === other.allowPrepaid
  );
}
