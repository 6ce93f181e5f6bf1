import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { Offer } from '../offers/offer.ts';
import type { CountedSum } from './account-rules.ts';
import type { AccountIdentity, AccountReference } from './account-identity.ts';
import type { IdProofs } from './id-proof.ts';
import type { IntentReading } from './intent.ts';
import type { LocalState } from './local-state.ts';
import type { ProbeAnswer } from './reachability.ts';
import type { Failure, FailureReason, HistoryRow, InstanceSnapshot } from './provider.ts';
import type { PayerProblem } from './payer.ts';
import type { Policy, ProtocolTimings } from './settings.ts';

/** All the facts that a decision about one GpuPod rests on, gathered before the decision. Plain data. */
export interface Observation {
  readonly gpuPod: GpuPod;
  readonly now: Now;
  /**
   * Monotonic time at which this process received this version of the GpuPod or a later one, perhaps as a standby.
   * Absent: only now.
   */
  readonly receivedAtMs?: number;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly installation: string;
  /** Identity of this process, as in the Lease. */
  readonly identity: string;
  readonly account: AccountState;
  /** The GpuAccount or ClusterGpuAccount that acts for this GpuPod; absent: the operator's own API key. */
  readonly reference?: AccountReference;
  /** With accounts served: nothing proves that the operator wrote the account in the status. */
  readonly isAccountUnproven?: boolean;
  /** Why no account can act for this GpuPod. */
  readonly payerProblem?: PayerProblem;
  readonly intent: IntentReading;
  /** Nothing proves that the operator wrote the create intent as it is. */
  readonly isIntentUnproven?: boolean;
  /**
   * The GpuPod carries the create intent or the instance of a UID that no longer exists (a restored backup), and only
   * this GpuPod may adopt it.
   */
  readonly mayAdopt: boolean;
  readonly localState: LocalState;
  /** The latest snapshot of the rented instance from any request of this process. */
  readonly lastSeen?: LastSeen;
  /** The last complete lists, reduced to what concerns this GpuPod. */
  readonly inventory?: InventoryView;
  /** What the accounts list that acted before; only for a deleted GpuPod that terminates all its instances. */
  readonly formerAccounts?: readonly FormerAccount[];
  /** What is known about its SSH server; absent while the operator probes none (`--ssh-probe`). */
  readonly probe?: ProbeView;
  readonly proofs: IdProofs;
  /** Set after this pass has read the offers. */
  readonly offers?: ObservedOffers;
  /** Whether this GpuPod may send a create request now. */
  readonly permit: CreatePermit;
  /** True while so many instances are missing at once that the operator believes no absence. */
  readonly massAbsence: boolean;
  /** Set after the provider has been unreadable for longer than `quietFailureMs`. */
  readonly providerFailure?: Failure;
  /** Set after nothing could be read about the rented instance for longer than `quietFailureMs`. */
  readonly instanceFailure?: Failure;
  /** Set while the installed CRD would drop what protects money: what is wrong with it, and what to do. */
  readonly crdProblem?: string;
  readonly cooldownOf: (offerKey: string) => { readonly reason: string } | undefined;
  /** What all others count towards the limits on sums. A function, because few decisions need it. */
  readonly countOthers: () => OthersCount;
}

/** What all other instances and reservations count, or the list without which that is unknown. */
export type OthersCount =
  | { readonly kind: 'awaited'; readonly list: AwaitedList }
  | {
      readonly kind: 'counted';
      /** Micro-dollars per hour of all instances of the installation. */
      readonly micros: MicroUsd;
      /** What counts towards the limits of the account that pays. */
      readonly accountSums: readonly CountedSum[];
    };

/** A list that a sum over all instances waits for. */
export interface AwaitedList {
  /** The account, as `accountKey` writes it, or `operator`. */
  readonly account: string;
  /** Only the list of a team is missing. */
  readonly isTeam: boolean;
  /** Why the last try failed. */
  readonly reason?: AwaitedReason;
}

/** `AccountUnconfirmed`: nothing confirms whose key it is, so its lists prove nothing. */
export type AwaitedReason = FailureReason | 'AccountUnconfirmed';

export interface Now {
  /** Wall time, for people and for timestamps in the status. */
  readonly wallMs: number;
  /** The only clock that durations are measured with. */
  readonly monotonicMs: number;
}

export interface LastSeen {
  readonly snapshot: InstanceSnapshot;
  /** Monotonic start of the request that showed it. */
  readonly beganAtMs: number;
  /** Start of the last GET or list, which carry every field. A status poll does not. */
  readonly detailsAtMs?: number;
  /** The latest status poll did not include the instance. That is a suspicion, not a proof. */
  readonly omitted: boolean;
  /** Start of the first of the consecutive polls that did not include it. */
  readonly omittedSinceMs?: number;
}

/** What probes of one address have shown. Empty before the first one is wanted. */
export interface ProbeView {
  readonly host?: string;
  readonly port?: number;
  /** Monotonic time since which a probe of this address is wanted. */
  readonly sinceMs?: number;
  readonly latest?: {
    readonly beganAtMs: number;
    readonly answer: ProbeAnswer;
    /** How many probes in a row have failed, this one included. */
    readonly failures: number;
  };
}

export interface InventoryView {
  /**
   * Monotonic time before the first request of the last complete list. With several wallets it is the oldest of their
   * lists, and -Infinity if one of them was never listed completely.
   */
  readonly beganAtMs: number;
  /** Live instances with this GpuPod's name prefix, and the one with its instance ID. */
  readonly live: readonly InstanceSnapshot[];
  /** Ended instances with this GpuPod's name prefix or its instance ID. */
  readonly ended: readonly HistoryRow[];
  /** Teams of which this key has ever shown an instance. */
  readonly teamsSeen: ReadonlySet<string>;
  /** Live instances in these wallets without a readable name and without a GpuPod. Each may belong to this GpuPod. */
  readonly nameless: readonly NamelessInstance[];
  /** Number of rows in these wallets without a readable ID. Each may be an instance of this GpuPod. */
  readonly unidentified: number;
  /** Why one of these wallets has no newer complete list. The message names the wallet. */
  readonly doubt?: ListDoubt;
}

/** What an account lists that acted for this GpuPod before. */
export interface FormerAccount {
  /** As `accountKey` writes it, or `operator`. */
  readonly account: string;
  /**
   * Monotonic time before its last complete list; -Infinity if it was never listed completely, Infinity if a person has
   * confirmed that nothing is there.
   */
  readonly beganAtMs: number;
  /** Why a list fails. */
  readonly doubt?: ListDoubt;
  /** IDs of live instances with this GpuPod's name prefix. */
  readonly podIds: readonly string[];
}

export interface NamelessInstance {
  readonly podId: string;
  /** Monotonic time before the list that first showed it. */
  readonly firstListedAtMs: number;
}

export interface ListDoubt {
  readonly reason: FailureReason | 'NotAllowed';
  readonly message: string;
}

export type ObservedOffers =
  | {
      readonly kind: 'ok';
      readonly offers: readonly Offer[];
      readonly beganAtMs: number;
      /** Why the list of offers may be incomplete. */
      readonly missing?: Failure;
    }
  | Failure;

/**
 * Whose API key this is, compared with the account of the installation.
 *
 * - `fits`: the operator may rent. Without `userId` the provider accepts the key but does not name its user.
 * - `changed`: the key belongs to another account than the existing instances. The operator serves only GpuPods that
 *   name the new account, and none if `userId` is absent.
 * - `unknown`: not asked yet, or not answered.
 */
export type AccountState =
  | (AccountSession & { readonly kind: 'fits' })
  | (AccountSession & { readonly kind: 'changed'; readonly message: string })
  | { readonly kind: 'unknown'; readonly failure?: Failure };

export interface AccountSession {
  readonly userId?: string;
  readonly origin?: string;
  /** Monotonic time from which on all requests use this key. */
  readonly sinceMs?: number;
  /** The account of instances that have no recorded account. */
  readonly unmarked?: AccountIdentity;
  /**
   * Why the provider has not named the user yet, although it accepts the key. The operator rents nothing until it
   * does.
   */
  readonly unanswered?: Failure;
  /** Identifies the key where the provider does not name its user. */
  readonly keyFingerprint?: string;
  /** The account that the key should belong to. The provider neither confirms it nor shows anything of that account. */
  readonly unconfirmed?: AccountIdentity;
}

/**
 * Whether create requests are held back, by a circuit breaker or by this GpuPod's own refusals. Reads and
 * terminations always go on.
 */
export type CreatePermit = { readonly kind: 'granted' } | CreateHold;

export interface CreateHold {
  readonly kind: 'held';
  readonly reason: 'Unauthorized' | 'PaymentRequired' | 'RateLimited' | 'Forbidden' | 'QuotaExceeded';
  readonly message: string;
  readonly retryInMs: number;
}
