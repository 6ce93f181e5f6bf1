import type { Clock } from '../clock.ts';
import type { Log } from '../kubernetes/log.ts';
import { isSameSession } from '../lifecycle/account.ts';
import type { AccountState } from '../lifecycle/observation.ts';
import type { Answer, DeleteOutcome, FailureReason, SendOptions } from '../lifecycle/provider.ts';
import { fingerprintOfContent, installationOf, keyName } from '../lifecycle/ssh-key/key-name.ts';
import type { PublicKey } from '../lifecycle/ssh-key/public-key.ts';
import type { KeyRefusal, RegisteredKey, SshKeyApi } from '../lifecycle/ssh-key/ssh-key-api.ts';
import type { KeyUse } from './key-use.ts';
import { Turns } from './turns.ts';

export interface SshKeysOptions {
  readonly provider: SshKeyApi;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  readonly installation: string;
  readonly account: { readonly state: AccountState };
  readonly use: KeyUse;
}

/** The ID under which the provider has a key, or why it has none. */
export type EnsuredKey =
  | { readonly kind: 'ok'; readonly keyId: string }
  /** The operator itself registers nothing. */
  | { readonly kind: 'withheld'; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason | KeyRefusal; readonly message: string };

/** A key that this installation registered. */
export interface OwnKey extends RegisteredKey {
  readonly fingerprint: string;
  /** A GpuPod that this process serves needed it. */
  readonly wasNeededHere: boolean;
  /** How long it still counts as in use; 0 or less: only GpuPods that name it use it. */
  readonly graceLeftMs: number;
}

/** How long one list of all keys serves further registrations. Only this process adds keys of this installation. */
const LIST_MS = 60_000;
/** How often a key may be registered anew because the provider no longer knew it, until a create request succeeds. */
const MAX_FORGOTTEN = 2;

const NO_PRIMARY =
  'the account has no primary SSH key. The provider makes the first key the primary one, which every instance without a key of its own gets, so the operator registers nothing and rents nothing. Add a key of your own at the provider; the operator then goes on by itself.';
const PRIMARY_IS_REGISTERED =
  'The primary SSH key of the account is one that an operator registered for a GpuPod. An instance without a key of its own would open to the owner of that key, so nothing is rented. Make a key of your own the primary one at the provider, or set spec.ssh.';

/**
 * The public keys of one account that this operator uses. There is no idempotency at the provider, so all work on the
 * keys of an account is done in turn: a key is looked for before it is registered, and an unknown outcome is followed
 * by a list, never by a second registration.
 */
export class SshKeys {
  readonly #options: SshKeysOptions;
  readonly #turns = new Turns();
  readonly #held = new Map<string, RegisteredKey>();
  readonly #forgotten = new Map<string, number>();
  /** When this process first saw each of our keys, by ID. */
  readonly #knownSinceMs = new Map<string, number>();
  readonly #needed = new Set<string>();
  #isPrimaryRegistered = false;
  #listed: { readonly keys: RegisteredKey[]; readonly beganAtMs: number } | undefined;
  /** What is known belongs to this key of the account. */
  #session: AccountState = { kind: 'unknown' };

  constructor(options: SshKeysOptions) {
    this.#options = options;
  }

  /** Finds the key at the provider, or registers it. */
  async ensure(key: PublicKey, options: SendOptions): Promise<EnsuredKey> {
    this.#options.use.noteNeed(key.fingerprint);
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      this.#options.use.noteNeed(key.fingerprint);
      this.#needed.add(key.fingerprint);
      const held = this.#held.get(key.fingerprint);
      return held === undefined ? await this.#findOrRegister(key, options) : ok(held);
    });
  }

  /**
   * Why an instance that names no key must not be rented: it would get the primary key of the account, which opens it
   * to the owner of a key that an operator registered. Sends nothing as long as no list has shown such a key.
   */
  async primaryProblem(): Promise<string | undefined> {
    if (!this.#isPrimaryRegistered) {
      return undefined;
    }
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      await this.#list();
      return this.#isPrimaryRegistered ? PRIMARY_IS_REGISTERED : undefined;
    });
  }

  /** Lists the keys that this installation registered and may remove. The primary key is in use by whoever names none. */
  async listOwn(): Promise<Answer<readonly OwnKey[]>> {
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      this.#listed = undefined;
      const listed = await this.#list();
      return listed.kind === 'failure' ? listed : { kind: 'ok', value: this.#ownOf(listed.value) };
    });
  }

  /** Removes a key, unless it is needed again by then. */
  async remove(key: OwnKey, { mayStillSend }: SendOptions): Promise<DeleteOutcome> {
    const { provider, use } = this.#options;
    const { keyId, fingerprint } = key;
    return await this.#turns.run(async () => {
      this.#held.delete(fingerprint);
      this.#listed = undefined;
      const knownSinceMs = this.#knownSinceMs.get(keyId) ?? Infinity;
      return await provider.deleteSshKey(keyId, {
        mayStillSend: () => mayStillSend() && use.graceLeftMs(fingerprint, knownSinceMs) <= 0,
      });
    });
  }

  #ownOf(keys: readonly RegisteredKey[]): readonly OwnKey[] {
    const { installation, clock, use } = this.#options;
    const own = keys.filter((key) => key.isPrimary !== true && installationOf(key) === installation);
    const ids = new Set(own.map(({ keyId }) => keyId));
    for (const keyId of this.#knownSinceMs.keys()) {
      if (!ids.has(keyId)) {
        this.#knownSinceMs.delete(keyId);
      }
    }
    return own.map((key) => {
      const fingerprint = fingerprintOfContent(key.content);
      const sinceMs = this.#knownSinceMs.get(key.keyId) ?? clock.monotonicMs();
      this.#knownSinceMs.set(key.keyId, sinceMs);
      const graceLeftMs = use.graceLeftMs(fingerprint, sinceMs);
      return { ...key, fingerprint, wasNeededHere: this.#needed.has(fingerprint), graceLeftMs };
    });
  }

  /**
   * The provider refused a create request because it does not know the key with this ID any more. Several GpuPods may
   * say so of one key: that counts once.
   *
   * @returns false if that happened too often, so that registering it again would not help
   */
  forget(fingerprint: string, keyId: string): boolean {
    const held = this.#held.get(fingerprint);
    if (held !== undefined && held.keyId !== keyId) {
      return true;
    }
    if (held === undefined) {
      return (this.#forgotten.get(fingerprint) ?? 0) <= MAX_FORGOTTEN;
    }
    const times = (this.#forgotten.get(fingerprint) ?? 0) + 1;
    this.#forgotten.set(fingerprint, times);
    this.#held.delete(fingerprint);
    this.#listed = undefined;
    return times <= MAX_FORGOTTEN;
  }

  /** An instance was created with this key. */
  noteUse(fingerprint: string): void {
    this.#forgotten.delete(fingerprint);
  }

  #forgetOthers(): void {
    const { state } = this.#options.account;
    if (!isSameSession(state, this.#session)) {
      this.#held.clear();
      this.#forgotten.clear();
      this.#knownSinceMs.clear();
      this.#listed = undefined;
      this.#isPrimaryRegistered = false;
    }
    this.#session = state;
  }

  async #findOrRegister(key: PublicKey, options: SendOptions): Promise<EnsuredKey> {
    const listed = await this.#list();
    if (listed.kind === 'failure') {
      return failed(listed.reason, listed.message);
    }
    if (!options.mayStillSend()) {
      return failed('ApiUnavailable', 'The API key changed, or the Lease was not renewed; retrying.');
    }
    const found = this.#find(key, listed.value, { others: false });
    if (found !== undefined) {
      return this.#hold(key, found);
    }
    return listed.value.every(({ isPrimary }) => isPrimary === false)
      ? { kind: 'withheld', message: NO_PRIMARY }
      : await this.#register(key, options);
  }

  /** Prefers our own key to a person's. One of another installation may vanish with that installation's GpuPod. */
  #find(
    { content }: PublicKey,
    keys: readonly RegisteredKey[],
    { others }: { readonly others: boolean },
  ): RegisteredKey | undefined {
    const same = keys.filter((key) => key.content === content);
    return (
      same.find((key) => installationOf(key) === this.#options.installation) ??
      same.find((key) => others || installationOf(key) === undefined)
    );
  }

  async #register(key: PublicKey, options: SendOptions): Promise<EnsuredKey> {
    const { provider, installation, log, use, clock } = this.#options;
    await use.beforeRegistration();
    const name = keyName(installation, key);
    const outcome = await provider.createSshKey({ name, publicKey: key.content }, options);
    const { fingerprint } = key;
    switch (outcome.kind) {
      case 'created':
        this.#listed?.keys.push(outcome.key);
        this.#knownSinceMs.set(outcome.key.keyId, clock.monotonicMs());
        log.info({ fingerprint, keyId: outcome.key.keyId }, 'registered SSH key');
        if (outcome.key.isPrimary === true) {
          this.#notePrimary([outcome.key]);
        }
        return this.#hold(key, outcome.key);
      case 'unknown':
        this.#listed = undefined;
        log.warn(
          { fingerprint, problem: outcome.message },
          'failed to learn whether an SSH key is registered',
        );
        return failed('ApiUnavailable', outcome.message);
      case 'notSent':
        return failed(outcome.reason, outcome.message);
      case 'refused':
        return (await this.#findRefused(key, outcome.reason)) ?? failed(outcome.reason, outcome.message);
    }
  }

  /** The refusal may mean that the account has the key already, from somebody else and since the list. */
  async #findRefused(key: PublicKey, reason: KeyRefusal): Promise<EnsuredKey | undefined> {
    this.#listed = undefined;
    const listed = reason === 'InvalidSshKey' ? await this.#list() : undefined;
    const found = listed?.kind === 'ok' ? this.#find(key, listed.value, { others: true }) : undefined;
    return found === undefined ? undefined : this.#hold(key, found);
  }

  #hold({ fingerprint }: PublicKey, key: RegisteredKey): EnsuredKey {
    this.#held.set(fingerprint, key);
    return ok(key);
  }

  async #list(): Promise<Answer<readonly RegisteredKey[]>> {
    const { provider, clock } = this.#options;
    const beganAtMs = clock.monotonicMs();
    if (this.#listed !== undefined && beganAtMs - this.#listed.beganAtMs < LIST_MS) {
      return { kind: 'ok', value: this.#listed.keys };
    }
    const answer = await provider.listSshKeys();
    this.#listed = answer.kind === 'ok' ? { keys: [...answer.value], beganAtMs } : undefined;
    if (answer.kind === 'ok') {
      this.#notePrimary(answer.value);
    }
    return answer;
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

function ok({ keyId }: RegisteredKey): EnsuredKey {
  return { kind: 'ok', keyId };
}

function failed(reason: FailureReason | KeyRefusal, message: string): EnsuredKey {
  return { kind: 'failed', reason, message };
}
