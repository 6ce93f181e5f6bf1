import type { Clock } from '../../clock.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { AccountIdentity } from '../../lifecycle/account-identity.ts';
import type { AccountState } from '../../lifecycle/observation.ts';
import type { Failure, Provider } from '../../lifecycle/provider.ts';
import { AccountQuestion } from './account-question.ts';
import type { Asked } from './account-question.ts';

/** The account of this installation, the account before it, and the fingerprint of a key that belongs to it. */
export interface AccountRecord {
  readonly account: string;
  readonly formerAccount: string | undefined;
  readonly keyFingerprint: string | undefined;
}

export interface AccountWatchOptions {
  readonly provider: Pick<Provider, 'whoami' | 'listHistory' | 'listPods'>;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Changes whenever the API key does. */
  readonly keyVersion: () => number;
  /** Origin of the provider's API: the same user id elsewhere is another account. */
  readonly origin: string;
  /** `<origin> <user id>`, as recorded for this installation. */
  readonly recorded: string | undefined;
  /** Fingerprint of the last key that is known to belong to the recorded account. */
  readonly recordedKey: string | undefined;
  /** Fingerprint of the key in use; undefined if the operator cannot distinguish keys. */
  readonly fingerprint: () => string | undefined;
  /** The account that was recorded before a person accepted another one. */
  readonly former: string | undefined;
  /**
   * Used while nothing is recorded: the accounts of the GpuPods with an instance in their status, in the same form.
   */
  readonly named: () => readonly string[];
  /** Whether instances without a recorded account belong to the recorded one. @default true */
  readonly ownsUnmarked?: boolean | undefined;
  /** UID of another cluster, if this one is an unconfirmed copy of it. */
  readonly clonedFrom: string | undefined;
  /** A user id that a person confirmed with `--accept-account`. */
  readonly acceptAccount: string | undefined;
  /** How a person confirms this user for the key. @default the flag of the operator */
  readonly howToAccept?: ((userId: string) => string) | undefined;
  readonly record: (record: AccountRecord) => Promise<void>;
  /** Called when the state changed, so that every GpuPod is reconciled. */
  readonly onChange: () => void;
  /** How often the operator asks again for the account of a key for which the provider did not name one. */
  readonly askAgainMs: number;
}

/**
 * Knows whose API key is in use. The operator asks at start and after each change of the key, because the empty list
 * of another account must not look as if all instances had vanished.
 *
 * A key that may not read its own user is accepted. The first own instance then reveals the account, and until then
 * the operator believes no absence, see `accountVerdict`. If the question hangs or fails and the key works, the
 * operator manages and terminates instances, but rents nothing before it has an answer.
 */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  readonly #question: AccountQuestion;
  #recorded: string | undefined;
  #former: string | undefined;
  #recordedKey: string | undefined;
  #askedVersion: number | undefined;
  #askedAtMs = -Infinity;
  #session: { readonly version: number; readonly sinceMs: number } | undefined;
  /** Owner of the instances that this key showed, for a key whose user the provider does not name. */
  #seenUserId: string | undefined;
  #isNamed = false;
  #isRecordDue = false;
  #state: AccountState = { kind: 'unknown' };

  constructor(options: AccountWatchOptions) {
    this.#options = options;
    this.#question = new AccountQuestion(options);
    this.#recorded = options.recorded;
    this.#former = options.former;
    this.#recordedKey = options.recordedKey;
  }

  get state(): AccountState {
    // Nothing is known about a key that the operator has not asked about.
    return this.#askedVersion === this.#options.keyVersion() ? this.#state : { kind: 'unknown' };
  }

  keyVersion(): number {
    return this.#options.keyVersion();
  }

  /** Why the account is unknown, if a failure is the reason. */
  get failure(): Failure | undefined {
    return this.#state.kind === 'unknown' ? this.#state.failure : undefined;
  }

  /**
   * Asks for the account if there is something to ask.
   *
   * @returns true once the account is settled: it fits, or it is known to be another one
   */
  async check(): Promise<boolean> {
    const version = this.#options.keyVersion();
    const isAnswered = this.#askedVersion === version && !this.#isOpen();
    if (isAnswered && !this.#isAskedAgain()) {
      await this.#recordIfDue();
      return true;
    }
    const before = this.state;
    const sinceMs = this.#sessionOf(version);
    const asked = await this.#question.ask(version, isAnswered);
    if (this.#options.keyVersion() !== version) {
      return false;
    }
    this.#isNamed = asked.kind === 'said' && asked.userId !== undefined;
    const next = this.#next(asked, sinceMs);
    await this.#recordIfDue();
    this.#askedVersion = version;
    this.#askedAtMs = this.#options.clock.monotonicMs();
    this.#take(next, before);
    return !this.#isOpen();
  }

  /** True while an answer is outstanding. */
  #isOpen(): boolean {
    return this.#state.kind === 'unknown' || this.#state.unanswered !== undefined;
  }

  #next(asked: Asked, sinceMs: number): AccountState {
    switch (asked.kind) {
      case 'failure':
        return { kind: 'unknown', failure: asked };
      case 'said':
        // --accept-account does not count here: the flag stays, and would vouch for any later key.
        return this.#judge(asked.userId ?? this.#seenUserId ?? this.#userOfKey(), sinceMs);
      case 'pending': {
        const state = this.#judge(this.#seenUserId ?? this.#userOfKey(), sinceMs);
        return state.kind === 'fits' && state.userId === undefined
          ? { ...state, unanswered: asked.failure }
          : state;
      }
    }
  }

  /**
   * Learns the account from an instance that surely belongs to it: one that this key created, or one of ours in its
   * personal wallet.
   *
   * @param version the version of the key with which the request was sent
   */
  noteOwn(userId: string | undefined, version: number): void {
    const isOpen = this.#state.kind === 'fits' && this.#state.userId === undefined;
    const isOfKey = this.#askedVersion === version && this.#options.keyVersion() === version;
    if (userId === undefined || this.#isNamed || !isOpen || !isOfKey) {
      return;
    }
    this.#seenUserId = userId;
    this.#take(this.#judge(userId, this.#sessionOf(version)), this.#state);
  }

  #isAskedAgain(): boolean {
    const { clock, askAgainMs } = this.#options;
    return !this.#isNamed && clock.monotonicMs() - this.#askedAtMs >= askAgainMs;
  }

  #sessionOf(version: number): number {
    if (this.#session?.version !== version) {
      this.#session = { version, sinceMs: this.#options.clock.monotonicMs() };
      this.#seenUserId = undefined;
    }
    return this.#session.sinceMs;
  }

  /** The account of a key that was in use before. */
  #userOfKey(): string | undefined {
    const key = this.#options.fingerprint();
    return key !== undefined && key === this.#recordedKey ? parseAccount(this.#recorded)?.userId : undefined;
  }

  #judge(userId: string | undefined, sinceMs: number): AccountState {
    const { origin, clonedFrom } = this.#options;
    if (clonedFrom !== undefined) {
      return { kind: 'changed', message: cloneMessage(clonedFrom) };
    }
    if (userId !== undefined) {
      this.#settleRecord(userId);
    }
    const unmarked = this.#unmarked();
    const keyFingerprint = this.#options.fingerprint();
    const session = {
      origin,
      sinceMs,
      ...(unmarked === undefined ? {} : { unmarked }),
      ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
    };
    if (userId === undefined) {
      const unconfirmed = this.#expected(keyFingerprint);
      return { kind: 'fits', ...session, ...(unconfirmed === undefined ? {} : { unconfirmed }) };
    }
    return this.#recorded === undefined || this.#recorded === `${origin} ${userId}`
      ? { kind: 'fits', userId, ...session }
      : { kind: 'changed', userId, ...session, message: this.#changedMessage(userId, this.#recorded) };
  }

  #unmarked(): AccountIdentity | undefined {
    return this.#options.ownsUnmarked === false ? undefined : parseAccount(this.#former ?? this.#recorded);
  }

  /** The account that a new key should belong to; undefined if nothing can be expected of it. */
  #expected(keyFingerprint: string | undefined): AccountIdentity | undefined {
    const account = this.#recorded ?? mostFrequent(this.#options.named());
    const isOtherKey = this.#recorded === undefined || this.#recordedKey !== undefined;
    return keyFingerprint !== undefined && isOtherKey ? parseAccount(account) : undefined;
  }

  /** Sets the account to record. If the record was lost, the GpuPods with an instance name the account. */
  #settleRecord(userId: string): void {
    const account = `${this.#options.origin} ${userId}`;
    const before = this.#recorded;
    this.#recorded ??= this.#toRecord(account);
    if (this.#options.acceptAccount === userId && this.#recorded !== account) {
      this.#former ??= this.#recorded;
      this.#recorded = account;
    }
    if (this.#recorded === account) {
      const isNewKey = this.#takeKey();
      this.#isRecordDue ||= isNewKey || before !== account;
    }
  }

  #toRecord(account: string): string {
    const others = this.#options.named();
    return others.includes(account) ? account : (mostFrequent(others) ?? account);
  }

  /**
   * Notes that the key in use belongs to the recorded account.
   *
   * @returns true if that is new
   */
  #takeKey(): boolean {
    const key = this.#options.fingerprint();
    const isNews = key !== undefined && key !== this.#recordedKey;
    this.#recordedKey = key ?? this.#recordedKey;
    return isNews;
  }

  async #recordIfDue(): Promise<void> {
    if (this.#isRecordDue && this.#recorded !== undefined) {
      await this.#options.record({
        account: this.#recorded,
        formerAccount: this.#former,
        keyFingerprint: this.#recordedKey,
      });
      this.#isRecordDue = false;
    }
  }

  #take(next: AccountState, before: AccountState): void {
    this.#state = next;
    if (JSON.stringify(next) !== JSON.stringify(before)) {
      this.#options.onChange();
    }
  }

  /** Short enough for a condition, with IDs of any usual length, so that the advice at its end is not cut off. */
  #changedMessage(userId: string, recorded: string): string {
    const here = `${this.#options.origin} `;
    const isSameServer = recorded.startsWith(here);
    const [theirs, ours] = isSameServer ? [userId, recorded.slice(here.length)] : [here + userId, recorded];
    return (
      `The API key belongs to account ${theirs}, but the instances belong to account ${ours}. The operator does nothing, and running ` +
      `instances keep billing. Restore the old key, or ${this.#howToAccept(userId)}.`
    );
  }

  #howToAccept(userId: string): string {
    return this.#options.howToAccept?.(userId) ?? `start the operator with --accept-account=${userId}`;
  }
}

function cloneMessage(clonedFrom: string): string {
  return (
    `The record of this installation was made in cluster ${clonedFrom}. If that cluster still exists, its operator ` +
    'manages the same instances. This operator does nothing until you confirm this cluster with --accept-cluster=<uid of namespace kube-system>.'
  );
}

function parseAccount(text: string | undefined): AccountIdentity | undefined {
  const [origin, userId] = text?.split(' ') ?? [];
  return userId === undefined ? undefined : { origin, userId };
}

function mostFrequent(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
