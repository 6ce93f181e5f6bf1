import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import type { Wallet } from '../../lifecycle/provider.ts';
import { priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import type { InventoryResult } from '../instances/listed-rows.ts';
import type { AwaitedList } from '../../lifecycle/observation.ts';
import { AwaitedLists } from './awaited-lists.ts';
import type { CountedAccount, ExpectedAccount } from './awaited-lists.ts';
import { Charges } from './charges.ts';
import type { StatedPayers } from './stated-intent.ts';
import { costOf, GpuPodCounts } from './gpu-pod-counts.ts';
import type { RecordProofs } from './recorded-figures.ts';
import { LiveInstances } from './live-instances.ts';
import type { Lister, LiveInstancesOptions, UnownedKind } from './live-instances.ts';
import { NotCreated } from './not-created.ts';
import { RunningSum } from './running-sum.ts';
import type { GpuPodSource } from './running-sum.ts';
import { SentCreates } from './sent-creates.ts';
import { OpenIntents } from './open-intents.ts';
import { fits, isIn } from './sum-limits.ts';
import type { Scope, SumLimit, Totals } from './sum-limits.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';
import type { Owner, RetainedEntry } from './stated.ts';

export interface ReservationsOptions extends LiveInstancesOptions {
  readonly view: GpuPodSource;
  /** What an instance with an unknown price counts. Undefined: it may cost anything, and fills every limit on prices. */
  readonly assumedPrice: MicroUsd | undefined;
  /** The accounts that may have instances. Before their first complete lists, no total is known. */
  readonly expected: () => readonly ExpectedAccount[];
  /** The accounts that create intents name. */
  readonly payers: StatedPayers;
  /** Undefined: nothing can be proven, and every record is believed. */
  readonly proofs?: RecordProofs | undefined;
}

/** What a create request is about. */
export interface Reserving {
  readonly uid: string;
  readonly intent: Intent;
  readonly owner: Owner;
  /** The account that pays, whose list each limit needs. */
  readonly session: CountedAccount;
  readonly limits: readonly SumLimit[];
}

/** How a create request ended. */
export interface Ended {
  readonly name: string;
  /** It may have created an instance. */
  readonly isCharged: boolean;
  /** Present if it surely created nothing: its create intent, and the key of the GpuPod that keeps it. */
  readonly notCreated?: { readonly key: string; readonly intent: Intent } | undefined;
}

const UNOWNED: readonly UnownedKind[] = ['retained', 'released', 'orphaned'];

/**
 * The sums behind all limits: what the instances of this installation cost per hour, on all accounts. An instance of
 * ours in a complete list counts until it is seen terminated, even if no GpuPod names it and its account is gone.
 * Pending creates and reservations count as well. Each instance counts once.
 */
export class Reservations {
  readonly #options: ReservationsOptions;
  readonly #sent: SentCreates;
  readonly #notCreated: NotCreated;
  readonly #openIntents: OpenIntents;
  readonly #live: LiveInstances;
  readonly #counts: GpuPodCounts;
  readonly #running: RunningSum;
  readonly #charges: Charges;
  readonly #lists: AwaitedLists;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.#live = new LiveInstances(options);
    this.#lists = new AwaitedLists(options.expected);
    this.#sent = new SentCreates(options);
    this.#notCreated = new NotCreated(options.view);
    this.#openIntents = new OpenIntents(options);
    this.#charges = new Charges(options.clock);
    const parts = {
      ...options,
      live: this.#live,
      sent: this.#sent,
      notCreated: this.#notCreated,
      openIntents: this.#openIntents,
    };
    this.#counts = new GpuPodCounts(parts);
    this.#running = new RunningSum({ ...parts, counts: this.#counts });
  }

  /** Takes the list of one session, with the wallets that it shows completely. */
  takeInventory(lister: Lister, result: InventoryResult, complete: ReadonlySet<Wallet>): void {
    this.#lists.take(lister, complete);
    this.#live.takeInventory(lister, result, complete);
    this.#sent.takeInventory(lister, result, complete);
    this.#openIntents.takeInventory(lister, result, complete);
    this.#sent.replaceListed(this.#live);
  }

  /** Keeps counting the instance of a GpuPod that is released. One that only somebody's status names never counted. */
  keep(podId: string, gpuPod: GpuPod, kind: UnownedKind): void {
    const { proofs } = this.#options;
    if (this.#live.get(podId) !== undefined || proofs?.isStatusProven(gpuPod) !== false) {
      this.#live.keep(podId, gpuPod, kind);
    }
  }

  markRetained(podId: string): void {
    this.#live.markRetained(podId);
  }

  /** Takes the retained instances that count, as read after a complete list of this session. */
  takeRetained(lister: Lister, entries: readonly RetainedEntry[]): void {
    this.#lists.takeRetained(lister);
    for (const entry of entries) {
      this.#live.enterRetained(entry);
    }
  }

  /** The record of retained instances, of whatever account, has only these IDs. */
  unmarkRetained(recorded: ReadonlySet<string>): void {
    this.#live.unmarkRetained(recorded);
  }

  /** The teams with instances of this installation that were not seen terminated. */
  teamsWithInstances(): ReadonlySet<string> {
    return this.#live.teams();
  }

  /** The instance was seen terminated. */
  ended(podId: string): void {
    this.#live.ended(podId);
  }

  /** Adds the instance of a GpuPod, at the price that the provider states now. */
  note(gpuPod: GpuPod, usdPerHour?: number): void {
    const { podId = '' } = gpuPod.status;
    const live = this.#live.get(podId);
    const isAlive = (): boolean => true;
    this.#counts.of(gpuPod, { live: new Map(live === undefined ? [] : [[podId, live]]), isAlive });
    if (usdPerHour !== undefined) {
      this.#live.priced(podId, priceToMicros(usdPerHour));
    }
  }

  /**
   * The list that a total over all accounts still waits for: the first complete one of each wallet, with the retained
   * instances.
   */
  awaited(): AwaitedList | undefined {
    return this.#lists.ofAll();
  }

  /** Whether the total was known once since this process started. What joins later adds to it when it is listed. */
  get isTotalKnown(): boolean {
    return this.#lists.hasListedAll();
  }

  /** The list that this account waits for before it rents under limits on sums. */
  awaitedBy(account: CountedAccount, isTotalLimited: boolean): AwaitedList | undefined {
    return (isTotalLimited ? this.awaited() : undefined) ?? this.#lists.of(account);
  }

  /** What all others in this scope count, as far as it is known. */
  elsewhere(uid: string, scope: Scope = {}): Totals {
    this.#running.update();
    return this.#elsewhere(uid, scope);
  }

  /** The same for several scopes, of one moment. */
  elsewhereIn(uid: string, scopes: readonly Scope[]): readonly Totals[] {
    this.#running.update();
    return scopes.map((scope) => this.#elsewhere(uid, scope));
  }

  #elsewhere(uid: string, scope: Scope): Totals {
    const totals = this.#running.allBut(uid, scope);
    for (const charge of this.#charges.open((name, of) => this.#includedOf(uid, name, of))) {
      if (isIn(scope, charge)) {
        totals.add(charge);
      }
    }
    return totals.at(scope.unknownPrice);
  }

  /** What the others include of a charge: its create request, or else its GpuPod. */
  #includedOf(uid: string, name: string, of: string): MicroUsd {
    const sent = this.#sent.get(name);
    if (sent?.name === name && (sent.uid !== uid || sent.answeredAtMs !== undefined)) {
      return sent.micros;
    }
    return of === uid ? 0 : (this.#running.ofGpuPod(of)?.micros ?? 0);
  }

  /** Everything that counts now. */
  summary(): Summary {
    this.#running.update();
    const unowned = new Map<UnownedKind, MicroUsd>(UNOWNED.map((kind) => [kind, 0]));
    for (const { kind = 'orphaned', price } of this.#running.unowned) {
      unowned.set(kind, (unowned.get(kind) ?? 0) + costOf(price, this.#options.assumedPrice).micros);
    }
    const { totals } = this.#running;
    const charged = this.#charges.open(() => 0);
    return summarize({
      unowned,
      totalsIn: (scope) => this.#elsewhere('', scope),
      namespacesOf: (account) => [
        ...totals.namespacesOf(account),
        ...charged.flatMap(({ owner }) => (owner?.account === account ? [owner.namespace] : [])),
      ],
      hasOrphansIn: (scope) => totals.hasOwnerlessIn(scope),
    });
  }

  /** Reserves the price if it is known to fit under every limit. Check and reservation are one synchronous step. */
  reserve({ uid, intent, owner, session, limits }: Reserving): boolean {
    const charged = chargedAtOnce(intent.cost.total, intent.offer.prepaidHours);
    const added = { micros: charged, instances: 1, gpus: intent.offer.gpuCount };
    if (limits.length > 0) {
      const isTotalLimited = limits.some(({ scope }) => scope.account === undefined);
      if (this.awaitedBy(session, isTotalLimited) !== undefined) {
        return false;
      }
      this.#running.update();
      if (!limits.every((limit) => fits(limit, this.#elsewhere(uid, limit.scope), added))) {
        return false;
      }
    }
    this.#sent.add(uid, intent, owner, added);
    this.#notCreated.drop(intent);
    if (charged > intent.cost.total) {
      this.#charges.add(intent.name, { uid, owner, micros: charged });
    }
    return true;
  }

  /**
   * The create request ended. Nothing counts any more if it surely created nothing, and therefore charged nothing: not
   * even its create intent, which stays on the GpuPod.
   */
  release({ name, isCharged, notCreated }: Ended): void {
    if (isCharged) {
      this.#sent.answer(name);
    } else {
      this.#sent.drop(name);
      this.#charges.drop(name);
    }
    if (notCreated !== undefined) {
      this.#notCreated.add(notCreated.key, notCreated.intent);
    }
    this.#sent.replaceListed(this.#live);
  }

  /** The outcome of the create request is recorded on its GpuPod, or its instance was seen terminated. */
  settle(name: string): void {
    this.#sent.drop(name);
  }

  /**
   * The account that an open create request or create intent of the GpuPod may have an instance with. A copy of an
   * intent counts, which the sums leave out.
   */
  openAccountOf(gpuPod: GpuPod): string | undefined {
    const { uid } = gpuPod.metadata;
    const [sent] = this.#sent.ofUid(uid);
    return sent?.owner.account ?? this.#counts.neededAccountOf(gpuPod, this.#lists.hasListedAll());
  }

  /** Whether a create request of this process for the account has no recorded outcome yet. */
  isCreatingFor(account: string): boolean {
    return this.#sent.isOfAccount(account);
  }
}
