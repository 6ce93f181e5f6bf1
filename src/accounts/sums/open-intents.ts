import type { Clock } from '../../clock.ts';
import { LISTS_THAT_PROVE_ABSENCE } from '../../lifecycle/settings.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import type { InventoryResult } from '../instances/listed-rows.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';
import type { ExpectedAccount } from './awaited-lists.ts';
import type { OpenCreate } from './gpu-pod-facts.ts';
import type { Lister, LiveInstancesOptions } from './live-instances.ts';
import { ownerFor } from './stated.ts';

export interface OpenIntentsOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timings: Pick<
    LiveInstancesOptions['timings'],
    'settleMs' | 'settleSpacingMs' | 'foreignRequestMs'
  >;
  /** The accounts that may have instances. */
  readonly expected: () => readonly ExpectedAccount[];
}

interface Entry {
  readonly open: OpenCreate;
  /** The account that the create intent names, see `Owner`. */
  readonly account: string;
  /** From this monotonic time on lists show its instance, if it has one. */
  readonly settledAtMs: number;
  /** Complete lists in a row that do not show it, and when the last one began, as a monotonic time. */
  absences: number;
  lastAbsenceAtMs: number;
  /** The answer of the last question. */
  isAbsent: boolean;
}

/**
 * The create intents that stand on GpuPods, and since when. Anybody may write one, and whoever pauses its GpuPod, or
 * writes another installation into it, keeps the operator from ever closing it. So one that this process did not send
 * counts without an instance only until lists prove that there is none, or until nobody could list one.
 */
export class OpenIntents {
  readonly #options: OpenIntentsOptions;
  readonly #byKey = new Map<string, Entry>();

  constructor(options: OpenIntentsOptions) {
    this.#options = options;
  }

  /** Notes what stands on a GpuPod now. Another writing of the intent counts anew. */
  keep(key: string, open: OpenCreate): void {
    if (this.#byKey.get(key)?.open.writing === open.writing) {
      return;
    }
    const { clock, timings } = this.#options;
    this.#byKey.set(key, {
      open,
      account: ownerFor(open.payer, open.namespace).account,
      settledAtMs: clock.monotonicMs() + timings.foreignRequestMs + open.sendWithinMs + timings.settleMs,
      absences: 0,
      lastAbsenceAtMs: -Infinity,
      isAbsent: false,
    });
  }

  drop(key: string): void {
    this.#byKey.delete(key);
  }

  /** Whether the create intent of this GpuPod surely has no instance, as of the last call of `changed`. */
  isAbsent(key: string): boolean {
    return this.#byKey.get(key)?.isAbsent === true;
  }

  /** Keys of the GpuPods for which the answer differs from the last one. */
  changed(): readonly string[] {
    let accounts: readonly ExpectedAccount[] | undefined;
    const changed: string[] = [];
    for (const [key, one] of this.#byKey) {
      const isAbsent =
        one.absences >= LISTS_THAT_PROVE_ABSENCE ||
        (this.#options.clock.monotonicMs() >= one.settledAtMs &&
          !isListable(one, (accounts ??= this.#options.expected())));
      if (isAbsent !== one.isAbsent) {
        one.isAbsent = isAbsent;
        changed.push(key);
      }
    }
    return changed;
  }

  /** Takes a complete list: so many, late and far enough apart, each with all names, prove an absence. */
  takeInventory(
    lister: Lister,
    { instances, beganAtMs }: InventoryResult,
    complete: ReadonlySet<Wallet>,
  ): void {
    if (this.#byKey.size === 0) {
      return;
    }
    const live = instances.filter(({ status }) => status !== 'TERMINATED');
    const hasNameless = live.some(({ name }) => name === undefined);
    const shown = new Set(live.map(({ name }) => attemptKey(name)));
    for (const one of this.#byKey.values()) {
      if (shown.has(one.open.attempt)) {
        one.absences = 0;
      } else if (!hasNameless && complete.has(one.open.wallet) && isSeenBy(one, lister)) {
        this.#miss(one, beganAtMs);
      }
    }
  }

  #miss(one: Entry, beganAtMs: number): void {
    const { settleSpacingMs } = this.#options.timings;
    if (beganAtMs >= one.settledAtMs && beganAtMs - one.lastAbsenceAtMs >= settleSpacingMs) {
      one.absences += 1;
      one.lastAbsenceAtMs = beganAtMs;
    }
  }
}

/** Where either user is unknown, the account that the intent names lists its instance. */
function isSeenBy({ open: { userId }, account }: Entry, lister: Pick<Lister, 'name' | 'userId'>): boolean {
  return userId === undefined || lister.userId === undefined
    ? lister.name === account
    : lister.userId === userId;
}

/**
 * Whether some account can list the instance now, or the account that the intent names once it has its key again. Nobody
 * could ever prove the absence of an instance of a user or team that somebody made up.
 */
function isListable(one: Entry, accounts: readonly ExpectedAccount[]): boolean {
  return accounts.some((account) =>
    account.isHeld === true
      ? account.name === one.account
      : isSeenBy(one, account) &&
        account.wallets.some(({ wallet, isRefused }) => wallet === one.open.wallet && isRefused !== true),
  );
}
