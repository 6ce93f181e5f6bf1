import { ChangeNotes } from '../../kubernetes/cache/change-notes.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import { LISTS_THAT_PROVE_ABSENCE } from '../../lifecycle/settings.ts';
import type { InventoryResult } from '../instances/listed-rows.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';
import { KeyIndex } from './key-index.ts';
import { isListedBy } from './live-instances.ts';
import type { Lister, LiveInstances, LiveInstancesOptions } from './live-instances.ts';
import type { Owner } from './stated.ts';
import type { Totals } from './sum-limits.ts';

/** A create request of this process, counted as it was sent, whatever its create intent says by now. */
export interface SentCreate extends Totals {
  readonly uid: string;
  readonly name: string;
  readonly owner: Owner;
  /** The wallet and user whose complete list would show the instance. */
  readonly wallet: Wallet;
  readonly userId: string | undefined;
  /** When it ended and may have created an instance, as a monotonic time; absent while it is under way. */
  readonly answeredAtMs?: number;
  /** Complete lists in a row that do not show an instance of it, and when the last one began, as a monotonic time. */
  readonly absences: number;
  readonly lastAbsenceAtMs?: number;
}

/**
 * The create requests of this process whose outcome is not recorded. Anybody may edit or remove the create intent, or
 * the GpuPod with it, so none of these ends what a request counts. An instance that is listed or rented counts in its
 * place.
 */
export class SentCreates {
  readonly #options: LiveInstancesOptions;
  readonly #byAttempt = new Map<string, SentCreate>();
  readonly #byUid = new KeyIndex();
  readonly #changed = new ChangeNotes<SentCreate>();
  readonly #teamsSeen = new Set<Wallet>([undefined]);

  constructor(options: LiveInstancesOptions) {
    this.#options = options;
  }

  add(uid: string, { name, teamId, account }: Intent, owner: Owner, counted: Totals): void {
    const attempt = attemptKey(name);
    this.drop(name);
    this.#put(attempt, { ...counted, uid, name, owner, wallet: teamId, userId: account, absences: 0 });
    this.#byUid.add(uid, attempt);
  }

  /** Attempts whose create request changed since the last call, see `attemptKey`. */
  takeChanged(): ReadonlySet<string> {
    return new Set(this.#changed.take().keys());
  }

  get(podName: string): SentCreate | undefined {
    return this.ofAttempt(attemptKey(podName));
  }

  ofAttempt(attempt: string): SentCreate | undefined {
    return this.#byAttempt.get(attempt);
  }

  ofUid(uid: string): readonly SentCreate[] {
    return [...this.#byUid.of(uid)].flatMap((attempt) => this.#byAttempt.get(attempt) ?? []);
  }

  isOfAccount(account: string): boolean {
    return [...this.#byAttempt.values()].some(({ owner }) => owner.account === account);
  }

  /** The request ended, and may have created an instance. */
  answer(name: string): void {
    const sent = this.get(name);
    if (sent !== undefined) {
      this.#put(attemptKey(name), { ...sent, answeredAtMs: this.#options.clock.monotonicMs() });
    }
  }

  /** Nothing was created, or the outcome is recorded. */
  drop(name: string): void {
    this.#drop(attemptKey(name));
  }

  /** An instance that a list shows counts in place of its create request, and for the same account. */
  replaceListed(live: Pick<LiveInstances, 'takeOver'>): void {
    for (const [attempt, sent] of this.#byAttempt) {
      if (sent.answeredAtMs !== undefined && live.takeOver(attempt, sent)) {
        this.#drop(attempt);
      }
    }
  }

  /**
   * Drops what complete lists prove to be absent, by the rule of the GpuPod that sent it: so many lists, late and far
   * enough apart, each with all names, and of a team of which the key has shown an instance.
   */
  takeInventory(
    lister: Lister,
    { instances, beganAtMs }: InventoryResult,
    complete: ReadonlySet<Wallet>,
  ): void {
    for (const { teamId } of instances) {
      this.#teamsSeen.add(teamId);
    }
    const hasNameless = instances.some(({ name }) => name === undefined);
    const shown = new Set(instances.map(({ name }) => attemptKey(name)));
    for (const [key, sent] of this.#byAttempt) {
      const isMissing = !hasNameless && !shown.has(key) && this.#teamsSeen.has(sent.wallet);
      if (isMissing && complete.has(sent.wallet) && isListedBy(sent, lister)) {
        this.#miss(key, sent, beganAtMs);
      }
    }
  }

  #miss(key: string, sent: SentCreate, beganAtMs: number): void {
    const { settleMs, settleSpacingMs } = this.#options.timings;
    const { answeredAtMs = Infinity, absences, lastAbsenceAtMs = -Infinity } = sent;
    if (beganAtMs < answeredAtMs + settleMs || beganAtMs - lastAbsenceAtMs < settleSpacingMs) {
      return;
    }
    if (absences + 1 >= LISTS_THAT_PROVE_ABSENCE) {
      this.#drop(key);
    } else {
      this.#put(key, { ...sent, absences: absences + 1, lastAbsenceAtMs: beganAtMs });
    }
  }

  #put(attempt: string, sent: SentCreate): void {
    this.#changed.add(attempt, this.#byAttempt.get(attempt), sent);
    this.#byAttempt.set(attempt, sent);
  }

  #drop(attempt: string): void {
    const sent = this.#byAttempt.get(attempt);
    if (sent !== undefined) {
      this.#byAttempt.delete(attempt);
      this.#byUid.delete(sent.uid, attempt);
      this.#changed.add(attempt, sent, undefined);
    }
  }
}
