import type { Clock } from '../../clock.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { Answer } from '../../lifecycle/provider.ts';
import { installationOf } from '../../lifecycle/ssh-key/key-name.ts';
import type { RegisteredKey, SshKeyApi } from '../../lifecycle/ssh-key/ssh-key-api.ts';

interface KeyListOptions {
  readonly provider: Pick<SshKeyApi, 'listSshKeys'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
}

/** How long one list of all keys serves further registrations. Only this process adds keys of this installation. */
const LIST_MS = 60_000;
/** How long everybody shares the failure of a list: each that waits would otherwise wait for a request of its own. */
const FAILURE_MS = 10_000;

/** The keys of one account at the provider, as listed lately. */
export class KeyList {
  readonly #options: KeyListOptions;
  #answered: { readonly answer: Answer<readonly RegisteredKey[]>; readonly atMs: number } | undefined;
  #isPrimaryRegistered = false;

  constructor(options: KeyListOptions) {
    this.#options = options;
  }

  /** True if the last list showed a key as the primary one that an operator registered. */
  get isPrimaryRegistered(): boolean {
    return this.#isPrimaryRegistered;
  }

  /** The last answer, if it is young enough; else that of a new request. */
  async read(): Promise<Answer<readonly RegisteredKey[]>> {
    if (this.#answered === undefined) {
      return await this.readAgain();
    }
    const { answer, atMs } = this.#answered;
    const ageMs = this.#options.clock.monotonicMs() - atMs;
    return ageMs < (answer.kind === 'ok' ? LIST_MS : FAILURE_MS) ? answer : await this.readAgain();
  }

  async readAgain(): Promise<Answer<readonly RegisteredKey[]>> {
    const { provider, clock } = this.#options;
    const answer = await provider.listSshKeys();
    // The age counts from the end: a slow answer would otherwise be old when it arrives.
    this.#answered = { answer, atMs: clock.monotonicMs() };
    if (answer.kind === 'ok') {
      this.#notePrimary(answer.value);
    }
    return answer;
  }

  /** A key that was added since the list. */
  add(key: RegisteredKey): void {
    if (this.#answered?.answer.kind === 'ok') {
      const { answer, atMs } = this.#answered;
      this.#answered = { answer: { kind: 'ok', value: [...answer.value, key] }, atMs };
    }
    if (key.isPrimary === true) {
      this.#notePrimary([key]);
    }
  }

  /** The next reader sends a request. */
  expire(): void {
    this.#answered = undefined;
  }

  /** The keys of another account follow. */
  forget(): void {
    this.#answered = undefined;
    this.#isPrimaryRegistered = false;
  }

  #notePrimary(keys: readonly RegisteredKey[]): void {
    const primary = keys.find((key) => key.isPrimary === true && installationOf(key) !== undefined);
    if (primary !== undefined && !this.#isPrimaryRegistered) {
      const { keyId } = primary;
      this.#options.log.warn({ keyId }, 'found a registered SSH key as the primary key of the account');
    }
    this.#isPrimaryRegistered = primary !== undefined;
  }
}
