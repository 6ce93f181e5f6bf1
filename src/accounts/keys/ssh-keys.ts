import type { Clock } from '../../clock.ts';
import type { Log } from '../../kubernetes/log.ts';
import { isSameSession } from '../../lifecycle/account.ts';
import type { AccountState } from '../../lifecycle/observation.ts';
import type { Answer, DeleteOutcome, FailureReason, SendOptions } from '../../lifecycle/provider.ts';
import { installationOf, keyName } from '../../lifecycle/ssh-key/key-name.ts';
import type { PublicKey } from '../../lifecycle/ssh-key/public-key.ts';
import type {
  KeyRefusal,
  RegisteredKey,
  SshKeyApi,
  UnknownRegistration,
} from '../../lifecycle/ssh-key/ssh-key-api.ts';
import { KeyList } from './key-list.ts';
import { KeyPauses } from './key-pauses.ts';
import type { PauseRule } from './key-pauses.ts';
import type { KeyUse } from './key-use.ts';
import { OwnKeys } from './own-keys.ts';
import type { OwnKey } from './own-keys.ts';
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
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason | KeyRefusal;
      readonly message: string;
      /** The provider refused this key several times, so a person has to change something. */
      readonly isFinal?: true;
    };
type FailedKey = Exclude<EnsuredKey, { readonly kind: 'ok' }>;

/** A key whose ID create requests name, and when the provider last showed it. */
interface HeldKey extends RegisteredKey {
  readonly seenAtMs: number;
}

/** How long the ID of a key counts without another look: somebody may remove the key at the provider. */
const HELD_MS = 600_000;
/** How often a key may be registered anew because the provider no longer knew it, until a create request succeeds. */
const MAX_FORGOTTEN = 2;
/** From so many refusals of one key on, the GpuPod says that a person has to act. */
const FINAL_REFUSALS = 3;
/** What the provider refused comes with a pause. */
const REFUSED: PauseRule = { free: 0 };
/** A lost answer is followed by a list, which usually shows what happened. */
const UNKNOWN: PauseRule = { free: 1 };
/** The provider took the key and shows it nowhere: each further try would leave one more key there. */
const TAKEN: PauseRule = { free: 1, bound: 3 };

const PRIMARY_IS_REGISTERED =
  'The primary SSH key of the account is one that an operator registered for a GpuPod. An instance without a key of its own would open to the owner of that key, so nothing is rented. Make a key of your own the primary one at the provider, or set spec.ssh.';
const OTHER_FORM =
  'the provider shows the key that the operator registered in another form, so the operator cannot tell which key an instance would get, and rents nothing. Use ssh.keyId with a key that you add at the provider.';

/**
 * The public keys of one account that this operator uses. There is no idempotency at the provider, so all work on the
 * keys of an account is done in turn: a key is looked for before it is registered, and an unknown outcome is followed
 * by a list, never by a second registration.
 */
export class SshKeys {
  readonly #options: SshKeysOptions;
  readonly #turns = new Turns();
  readonly #list: KeyList;
  readonly #pauses: KeyPauses<FailedKey>;
  readonly #held = new Map<string, HeldKey>();
  readonly #own: OwnKeys;
  readonly #forgotten = new Map<string, number>();
  /** What is known belongs to this key of the account. */
  #session: AccountState = { kind: 'unknown' };

  constructor(options: SshKeysOptions) {
    this.#options = options;
    this.#own = new OwnKeys(options);
    this.#list = new KeyList(options);
    this.#pauses = new KeyPauses(options.clock);
  }

  /** Finds the key at the provider, or registers it. */
  async ensure(key: PublicKey, options: SendOptions): Promise<EnsuredKey> {
    this.#options.use.noteNeed(key.fingerprint);
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      this.#options.use.noteNeed(key.fingerprint);
      this.#own.noteNeeded(key.fingerprint);
      return this.#heldLately(key) ?? this.#paused(key) ?? (await this.#findOrRegister(key, options));
    });
  }

  /**
   * Why an instance that names no key must not be rented: it would get the primary key of the account, which opens it
   * to the owner of a key that an operator registered. Sends nothing as long as no list has shown such a key.
   */
  async primaryProblem(): Promise<string | undefined> {
    if (!this.#list.isPrimaryRegistered) {
      return undefined;
    }
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      await this.#list.read();
      return this.#list.isPrimaryRegistered ? PRIMARY_IS_REGISTERED : undefined;
    });
  }

  /** Lists the keys that this installation registered and may remove. */
  async listOwn(): Promise<Answer<readonly OwnKey[]>> {
    return await this.#turns.run(async () => {
      this.#forgetOthers();
      const listed = await this.#list.readAgain();
      return listed.kind === 'failure' ? listed : { kind: 'ok', value: this.#own.of(listed.value) };
    });
  }

  /** Removes a key, unless it is needed again by then. */
  async remove(key: OwnKey, { mayStillSend }: SendOptions): Promise<DeleteOutcome> {
    return await this.#turns.run(async () => {
      this.#held.delete(key.fingerprint);
      this.#list.expire();
      return await this.#options.provider.deleteSshKey(key.keyId, {
        mayStillSend: () => mayStillSend() && this.#own.isGraceOver(key),
      });
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
    this.#list.expire();
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
      this.#own.forget();
      this.#pauses.forget();
      this.#list.forget();
    }
    this.#session = state;
  }

  #heldLately({ fingerprint }: PublicKey): EnsuredKey | undefined {
    const held = this.#held.get(fingerprint);
    return held !== undefined && this.#options.clock.monotonicMs() - held.seenAtMs < HELD_MS
      ? ok(held)
      : undefined;
  }

  /** What happened to the last try, as long as no other one may follow. */
  #paused({ fingerprint }: PublicKey): EnsuredKey | undefined {
    return this.#pauses.current(fingerprint)?.failed;
  }

  async #findOrRegister(key: PublicKey, options: SendOptions): Promise<EnsuredKey> {
    const listed = await this.#list.read();
    if (listed.kind === 'failure') {
      const held = this.#held.get(key.fingerprint);
      return held === undefined ? failed(listed.reason, listed.message) : ok(held);
    }
    if (!options.mayStillSend()) {
      return failed('ApiUnavailable', 'The API key changed, or the Lease was not renewed; retrying.');
    }
    const found = this.#find(key, listed.value, { others: false });
    if (found !== undefined) {
      return this.#hold(key, found);
    }
    this.#held.delete(key.fingerprint);
    return this.#isAltered(key, listed.value)
      ? { kind: 'withheld', message: OTHER_FORM }
      : await this.#register(key, options);
  }

  /** The provider has a key of our name, and shows another content for it. */
  #isAltered(key: PublicKey, keys: readonly RegisteredKey[]): boolean {
    const name = keyName(this.#options.installation, key);
    return keys.some((one) => one.name === name);
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
    const { provider, installation, log, use } = this.#options;
    await use.beforeRegistration();
    const name = keyName(installation, key);
    const outcome = await provider.createSshKey({ name, publicKey: key.content }, options);
    const { fingerprint } = key;
    switch (outcome.kind) {
      case 'created':
        this.#list.add(outcome.key);
        this.#own.noteRegistered(outcome.key.keyId);
        log.info({ fingerprint, keyId: outcome.key.keyId }, 'registered SSH key');
        return this.#hold(key, outcome.key);
      case 'unknown':
        return this.#noteUnknown(key, outcome);
      case 'notSent':
        return failed(outcome.reason, outcome.message);
      case 'refused':
        return await this.#noteRefused(key, outcome);
    }
  }

  #noteUnknown({ fingerprint }: PublicKey, outcome: UnknownRegistration): EnsuredKey {
    const { message, wasTaken, alteredId } = outcome;
    this.#list.expire();
    if (alteredId !== undefined) {
      this.#own.noteAltered(alteredId, fingerprint);
    }
    this.#options.log.warn(
      { fingerprint, problem: message },
      'failed to learn whether an SSH key is registered',
    );
    const failure =
      wasTaken === true
        ? ({ kind: 'withheld', message: OTHER_FORM } as const)
        : failed('ApiUnavailable', message);
    return this.#pauses.note(fingerprint, failure, wasTaken === true ? TAKEN : UNKNOWN).failed;
  }

  /** The first refusal may mean that the account has the key already, from somebody else and since the list. */
  async #noteRefused(
    key: PublicKey,
    { reason, message }: { readonly reason: KeyRefusal; readonly message: string },
  ): Promise<EnsuredKey> {
    const { fingerprint } = key;
    const times = this.#pauses.countOf(fingerprint) + 1;
    const listed = reason === 'InvalidSshKey' && times === 1 ? await this.#list.readAgain() : undefined;
    const found = listed?.kind === 'ok' ? this.#find(key, listed.value, { others: true }) : undefined;
    if (found !== undefined) {
      return this.#hold(key, found);
    }
    const isFinal = reason === 'InvalidSshKey' && times >= FINAL_REFUSALS;
    const failure = isFinal ? { ...failed(reason, message), isFinal } : failed(reason, message);
    return this.#pauses.note(fingerprint, failure, REFUSED).failed;
  }

  #hold({ fingerprint }: PublicKey, key: RegisteredKey): EnsuredKey {
    this.#held.set(fingerprint, { ...key, seenAtMs: this.#options.clock.monotonicMs() });
    this.#pauses.clear(fingerprint);
    return ok(key);
  }
}

function ok({ keyId }: RegisteredKey): EnsuredKey {
  return { kind: 'ok', keyId };
}

function failed(
  reason: FailureReason | KeyRefusal,
  message: string,
): Extract<EnsuredKey, { readonly kind: 'failed' }> {
  return { kind: 'failed', reason, message };
}
