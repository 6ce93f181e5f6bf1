import type { OfferList, OfferQuery } from '../offers/offer-source.ts';
import type { InstanceRequest } from './instance-request.ts';
import type { Answer, DeleteOutcome, Failure, FailureReason, NotFound, SendOptions } from './answers.ts';
import type { SshKeyApi } from './ssh-key/ssh-key-api.ts';

export type { Answer, DeleteOutcome, Failure, FailureReason, NotFound, SendOptions } from './answers.ts';

/**
 * The provider as the lifecycle sees it. Each method answers one question, and every expected outcome is a value.
 *
 * An implementation never throws for a failure of the network or the server, never retries a create request, and
 * never turns an error into an absence.
 */
export interface Provider extends SshKeyApi {
  /** Reads every page. An empty list is checked against the summary before it counts. */
  listOffers(query: OfferQuery): Promise<Answer<OfferAnswer>>;
  /** Sends the request once. See {@link CreateOutcome}. */
  createPod(request: InstanceRequest, options: CreateOptions): Promise<CreateOutcome>;
  /** Requests termination. `accepted` does not prove that the instance has ended: read it again. */
  deletePod(podId: string, options?: SendOptions): Promise<DeleteOutcome>;
  getPod(podId: string): Promise<Answer<InstanceSnapshot> | NotFound>;
  /**
   * Reads the status of many instances, in chunks. A missing instance is a suspicion, not an absence. `failure` only
   * where all chunks failed.
   */
  getPodStatuses(podIds: readonly string[]): Promise<Answer<PodStatuses>>;
  /**
   * Lists the live instances of these wallets, and says which lists are complete. `failure` only where none is.
   * `terminating` says how many instances of a wallet may vanish while it is listed.
   */
  listPods(wallets: readonly Wallet[], terminating?: TerminatingCount): Promise<Answer<InstanceList>>;
  /**
   * Reads the history of ended instances, latest end first: the newest rows, or until it has shown every ID in
   * `wanted`.
   */
  listHistory(wanted?: ReadonlySet<string>): Promise<Answer<readonly HistoryRow[]>>;
  whoami(): Promise<Answer<Account>>;
}

/** Returns how many instances of a wallet are known to be terminating. */
export type TerminatingCount = (wallet: Wallet) => number;

export interface CreateOptions extends SendOptions {
  /** The caller has already waited for its turn at the rate limiter of the account. @default false */
  readonly turnTaken?: boolean;
}

/** A turn at the rate limiter of the account that comes within about a second. Meanwhile the request is prepared. */
export interface BookedTurn {
  /**
   * Waits for the turn.
   *
   * @param untilMs the monotonic time until which the request may be sent
   * @returns false if the turn would come later; then the request must not be sent
   */
  readonly take: (untilMs: number) => Promise<boolean>;
  /** Leaves the turn to others. It does nothing once the turn was taken. */
  readonly giveUp: () => void;
}

/**
 * The result of a create request.
 *
 * - `created`: the provider returned an ID.
 * - `refused`: a JSON error that proves that nothing was created (docs/explanation/provider-api.md).
 * - `notSent`: no byte left, or our own check stopped it. The same attempt may be sent again.
 * - `unknown`: anything else. An instance may exist.
 */
export type CreateOutcome =
  | { readonly kind: 'created'; readonly instance: InstanceSnapshot }
  | Refusal
  | { readonly kind: 'notSent'; readonly reason: FailureReason | 'Withheld'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly scope: RefusalScope;
  /** The scope `team` or `key` is certain: the provider's own text says so, or a plain read fails too. */
  readonly isProven: boolean;
  readonly message: string;
  readonly httpStatus: number;
  readonly retryAfterMs?: number;
}

/**
 * What a refusal is about: the request of this GpuPod (template, image, disks, SSH key, sizes), the offer, all offers
 * of the upstream provider, the team that pays, or the API key. Only `team` and `key` may hold back other GpuPods.
 */
export type RefusalScope = 'request' | 'offer' | 'upstream' | 'team' | 'key';

export type RefusalReason =
  | 'NoCapacity'
  | 'AboveMaxPrice'
  | 'InvalidRequest'
  | 'TemplateIncompatible'
  | 'OtherRefusal'
  | 'Forbidden'
  | 'QuotaExceeded'
  | 'Unauthorized'
  | 'PaymentRequired'
  | 'RateLimited';

/** What one answer of the provider says about one instance. Fields that the answer does not carry are absent. */
export interface InstanceSnapshot {
  readonly podId: string;
  readonly name?: string;
  readonly teamId?: string;
  readonly userId?: string;
  readonly status: PodStatus;
  /** `FINISHED` means done. Absent where the provider does not send the field. */
  readonly installationStatus?: string;
  readonly installationFailure?: string;
  readonly installationProgress?: number;
  /** Absent until the provider states a usable endpoint. */
  readonly ssh?: SshEndpoint;
  readonly ports: readonly PodPort[];
  /** USD per hour; present only if finite and above 0. */
  readonly priceUsdPerHour?: number;
  readonly isSpot?: boolean;
  readonly gpuCount?: number;
  readonly gpuName?: string;
  /** The upstream provider that the instance runs on. */
  readonly upstream?: string;
  readonly country?: string;
  readonly dataCenter?: string;
  readonly createdAt?: string;
}

/** A status that this version does not know becomes UNKNOWN: the operator waits and terminates nothing. */
export type PodStatus =
  'PROVISIONING' | 'PENDING' | 'ACTIVE' | 'STOPPED' | 'ERROR' | 'DELETING' | 'UNKNOWN' | 'TERMINATED';

export interface SshEndpoint {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** A command to copy, such as `ssh root@203.0.113.7 -p 22022`. */
  readonly command: string;
}

/** A way to reach a service on the instance: a port, or a link. */
export interface PodPort {
  readonly internal?: number;
  /** Absent where `url` is set instead. */
  readonly external?: number;
  /** Absent where it is the host of the instance itself. */
  readonly host?: string;
  /** An HTTP(S) link. It may contain a token. */
  readonly url?: string;
  readonly protocol: string;
  readonly usedBy?: string;
}

/** The offers of one query. `missing`: why the list may be incomplete. */
export interface OfferAnswer extends OfferList {
  readonly missing?: Failure;
}

/** The statuses that were read, and a failure for each ID that could not be read. An ID in `failed` is not missing. */
export interface PodStatuses {
  readonly snapshots: readonly InstanceSnapshot[];
  readonly failed: ReadonlyMap<string, Failure>;
}

/** Who pays: a team, by its ID, or undefined for the user of the API key. */
export type Wallet = string | undefined;

/** The live instances of some wallets. Completeness is per wallet: a failed list proves no absence in it. */
export interface InstanceList {
  /** Everything that was read, including incomplete lists. An instance without a readable name has no `name`. */
  readonly instances: readonly InstanceSnapshot[];
  /** Monotonic time before the first request. */
  readonly beganAtMs: number;
  /** One for each requested wallet. */
  readonly wallets: readonly WalletList[];
}

export interface WalletList {
  readonly wallet: Wallet;
  /** Why the list is not proven complete; absent if it is. */
  readonly failure?: Failure;
  readonly podIds: readonly string[];
  /** Rows without a readable ID. Each is an instance, but nobody knows which. */
  readonly unidentified: readonly UnidentifiedRow[];
}

export interface UnidentifiedRow {
  /** Absent where it is not readable either. */
  readonly name?: string;
}

export interface HistoryRow {
  readonly podId: string;
  readonly name: string;
  readonly createdAt?: string;
  readonly terminatedAt?: string;
  readonly totalBilledUsd?: number;
}

export interface Account {
  readonly userId: string;
}
