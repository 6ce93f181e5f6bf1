import type { GpuPod } from '../api/gpu-pod.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { Offer } from '../offers/offer.ts';
import type { AccountIdentity } from './account-identity.ts';
import type { IdProofs } from './id-proof.ts';
import type { IntentReading } from './intent.ts';
import type { LocalState } from './local-state.ts';
import type { Failure, FailureReason, HistoryRow, InstanceSnapshot } from './provider.ts';
import type { Policy, ProtocolTimings } from './settings.ts';

/** All that a decision about one GpuPod may rest on, gathered before it is made. Plain data. */
export interface Observation {
  readonly gpuPod: GpuPod;
  readonly now: Now;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly installation: string;
  /** Of this process, as in the Lease. */
  readonly identity: string;
  readonly account: AccountState;
  readonly intent: IntentReading;
  /** An order or a pod of a vanished uid (a restored backup) stands on the object, which alone may take it over. */
  readonly mayAdopt: boolean;
  readonly localState: LocalState;
  /** The last good look at the rented pod by any request of this process. */
  readonly lastSeen?: LastSeen;
  /** What complete lists say, as far as it concerns this object. */
  readonly inventory?: InventoryView;
  readonly proofs: IdProofs;
  /** Filled once offers were asked for in this pass. */
  readonly offers?: ObservedOffers;
  /** Whether this object may create now. */
  readonly permit: CreatePermit;
  /** True while so many pods vanished at once that no absence is believed. */
  readonly massAbsence: boolean;
  /** Set once the provider could not be read for longer than `quietFailureMs`. */
  readonly providerFailure?: Failure;
  /** Set once nothing could be learned of the rented pod for longer than `quietFailureMs`. */
  readonly instanceFailure?: Failure;
  /** Fields of the status that protect money, and that the installed CRD drops. */
  readonly droppedFields?: readonly string[];
  readonly cooldownOf: (offerKey: string) => { readonly reason: string } | undefined;
  /** Micro-dollars per hour of all that bills or is on order, this object left out; absent before the first complete list. */
  readonly reservedElsewhere?: MicroUsd;
}

export interface Now {
  /** Wall time, for people and for what is written. */
  readonly wallMs: number;
  /** The only time that windows are measured with. */
  readonly monotonicMs: number;
}

export interface LastSeen {
  readonly snapshot: InstanceSnapshot;
  /** Monotonic time at which the request that saw it began. */
  readonly beganAtMs: number;
  /** Begin of the last request that carried every field (GET or list); a status poll does not. */
  readonly detailsAtMs?: number;
  /** The latest status poll left the pod out: a suspicion, not an absence. */
  readonly omitted: boolean;
  /** Begin of the first poll in a row that left it out. */
  readonly omittedSinceMs?: number;
}

export interface InventoryView {
  /**
   * Monotonic time before the first request of the last complete list began: of each wallet that may hold instances of this
   * object, so of the oldest. -Infinity where one of them was never listed completely.
   */
  readonly beganAtMs: number;
  /** Live pods with this object's front, and the one with its pod id. */
  readonly live: readonly InstanceSnapshot[];
  /** Ended pods with this object's front or its pod id. */
  readonly ended: readonly HistoryRow[];
  /** Teams of which this key has ever seen a pod. */
  readonly teamsSeen: ReadonlySet<string>;
  /** Live instances in these wallets whose name nobody knows, and that no GpuPod has: each may be one of this object. */
  readonly nameless: readonly NamelessInstance[];
  /** Rows without a readable id in these wallets, that may be about an instance of this object. */
  readonly unidentified: number;
  /** Why there is no newer complete list of one of these wallets, for a person: it names the wallet. */
  readonly doubt?: ListDoubt;
}

export interface NamelessInstance {
  readonly podId: string;
  /** Monotonic time before the list began that showed it first. */
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
      /** Why there may be more than these. */
      readonly missing?: Failure;
    }
  | Failure;

/**
 * Whose API key this is, as far as the installation is concerned.
 *
 * - `fits`: orders may go out. Without `userId` the provider does not say whose key it is, though it takes it.
 * - `changed`: the key belongs to another account than the one that rented; only what names this account is looked
 *   after. Without `userId` nothing is.
 * - `unknown`: not asked yet, or no answer.
 */
export type AccountState =
  | (AccountSession & { readonly kind: 'fits' })
  | (AccountSession & { readonly kind: 'changed'; readonly message: string })
  | { readonly kind: 'unknown'; readonly failure?: Failure };

export interface AccountSession {
  readonly userId?: string;
  readonly origin?: string;
  /** Monotonic time from which on all requests were sent with this key. */
  readonly sinceMs?: number;
  /** Whose the instances are that name no account. */
  readonly unmarked?: AccountIdentity;
  /** Why the provider could not say yet whose key it is, although the key can be used: nothing is rented before it does. */
  readonly unanswered?: Failure;
  /** Tells this key from others, where nobody says whose it is. */
  readonly keyFingerprint?: string;
  /** Whose the key should be: the provider does not say it, and nothing of theirs has been seen with it. */
  readonly unconfirmed?: AccountIdentity;
}

/** What holds creates back: a circuit breaker of the account, or this GpuPod's own refusals. Never looks and deletes. */
export type CreatePermit = { readonly kind: 'granted' } | CreateHold;

export interface CreateHold {
  readonly kind: 'held';
  readonly reason: 'Unauthorized' | 'PaymentRequired' | 'RateLimited' | 'Forbidden' | 'QuotaExceeded';
  readonly message: string;
  readonly retryInMs: number;
}
