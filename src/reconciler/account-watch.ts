import type { Clock } from '../clock.ts';
import type { Log } from '../kubernetes/log.ts';
import type { AccountIdentity } from '../lifecycle/account-identity.ts';
import type { AccountState } from '../lifecycle/observation.ts';
import type { Failure, Provider } from '../lifecycle/provider.ts';
import { AccountQuestion } from './account-question.ts';
import type { Asked } from './account-question.ts';
import type { AccountRecord } from './installation.ts';

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
  /** Fingerprint of the last key that was known to be of the recorded account. */
  readonly recordedKey: string | undefined;
  /** Of the key in use; undefined where keys cannot be told from each other. */
  readonly fingerprint: () => string | undefined;
  /** The account that was recorded before a person accepted another one. */
  readonly former: string | undefined;
  /** Where nothing is recorded: the accounts that GpuPods with an instance name in their status, in the same form. */
  readonly named: () => readonly string[];
  /** Uid of another cluster, if this one is a copy of it that nobody has confirmed. */
  readonly clonedFrom: string | undefined;
  /** A user id that a person confirmed with `--accept-account`. */
  readonly acceptAccount: string | undefined;
  readonly record: (record: AccountRecord) => Promise<void>;
  /** Called when the state changed: every object is to be looked at again. */
  readonly onChange: () => void;
  /** How often the provider is asked again whose key it is, where it would not say. */
  readonly askAgainMs: number;
}

/**
 * Whose API key this is. Asked at start and on each change of the key: another account's empty list must not
 * look as if all pods were gone. A key that may do everything but ask is taken as well: whose it is the first own
 * instance tells, and until then no absence is believed, see `accountVerdict`. Where the question itself hangs or fails
 * and the key can be used, what is rented is looked after and terminated, and nothing is rented before there is an answer.
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
  /** Whose the instances are that were seen with this key, where the provider does not say it otherwise. */
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
    // A key that was not asked about is nobody's.
    return this.#askedVersion === this.#options.keyVersion() ? this.#state : { kind: 'unknown' };
  }

  keyVersion(): number {
    return this.#options.keyVersion();
  }

  /** Why the account is not known, if that is a failure. */
  get failure(): Failure | undefined {
    return this.#state.kind === 'unknown' ? this.#state.failure : undefined;
  }

  /** Asks where there is something to ask. Returns whether the account may be worked with, or is known not to be ours. */
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

  /** There is an answer to come. */
  #isOpen(): boolean {
    return this.#state.kind === 'unknown' || this.#state.unanswered !== undefined;
  }

  #next(asked: Asked, sinceMs: number): AccountState {
    switch (asked.kind) {
      case 'failure':
        return { kind: 'unknown', failure: asked };
      case 'said':
        // Not by --accept-account: a flag stays, and would vouch for any key that comes later.
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
   * An instance that is surely of the key's own account: one that this key ordered, or one of ours in its personal
   * wallet. `version` is that of the key when it was asked for.
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

  /** Whose a key is that was in use before. */
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
    const unmarked = parseAccount(this.#former ?? this.#recorded);
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
      : { kind: 'changed', userId, ...session, message: this.#strangerMessage(userId, this.#recorded) };
  }

  /** Whose a key should be that is not the one that was in use; undefined where nothing can be expected of it. */
  #expected(keyFingerprint: string | undefined): AccountIdentity | undefined {
    const account = this.#recorded ?? mostFrequent(this.#options.named());
    const isOtherKey = this.#recorded === undefined || this.#recordedKey !== undefined;
    return keyFingerprint !== undefined && isOtherKey ? parseAccount(account) : undefined;
  }

  /** What the installation is recorded for from now on; a lost record is what the GpuPods with an instance say. */
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

  /** The key in use is known to be of the recorded account. Returns whether that is news. */
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

  /** Short enough for a condition with ids of any usual length: the way out stands at its end. */
  #strangerMessage(userId: string, recorded: string): string {
    const here = `${this.#options.origin} `;
    const isSameServer = recorded.startsWith(here);
    const [theirs, ours] = isSameServer ? [userId, recorded.slice(here.length)] : [here + userId, recorded];
    return (
      `The API key belongs to account ${theirs}, but the instances belong to account ${ours}. The operator does nothing, and running ` +
      `instances keep billing. Restore the old key, or start the operator with --accept-account=${userId}.`
    );
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
