import type { OfferList, OfferQuery } from '../offers/offer-source.ts';
import type { CreatePodRequest } from './create-pod-request.ts';

/**
 * The provider as the lifecycle sees it: one method a question, every expected outcome a value. An
 * implementation never throws for what a network or a server does, never retries a create, and never
 * turns an error into an absence.
 */
export interface Provider {
  /** Every page. An empty answer is believed only after it was checked against the summary. */
  listOffers(query: OfferQuery): Promise<Answer<OfferAnswer>>;
  /** Sends the request once. The outcome says what is known of it, see {@link CreateOutcome}. */
  createPod(request: CreatePodRequest, options: CreateOptions): Promise<CreateOutcome>;
  /** Asks for the end of a rental. `accepted` is not yet gone: look again. */
  deletePod(podId: string, options?: SendOptions): Promise<DeleteOutcome>;
  getPod(podId: string): Promise<Answer<InstanceSnapshot> | NotFound>;
  /** Status of many pods at once, in chunks. A pod that is missing in it is a suspicion, no absence. A failure only where all failed. */
  getPodStatuses(podIds: readonly string[]): Promise<Answer<PodStatuses>>;
  /**
   * The instances of these wallets, and which of the lists are complete; a failure only where none of them is. `ending`: so
   * many of a wallet are being ended, and may vanish while they are listed.
   */
  listPods(wallets: readonly Wallet[], terminating?: TerminatingCount): Promise<Answer<InstanceList>>;
  /**
   * The latest rows of the history (ended pods), newest end first. With ids that are wanted: until it has shown them all,
   * be they many or few.
   */
  listHistory(wanted?: ReadonlySet<string>): Promise<Answer<readonly HistoryRow[]>>;
  whoami(): Promise<Answer<Account>>;
}

/** How many instances of a wallet are being ended, as far as is known. */
export type TerminatingCount = (wallet: Wallet) => number;

export interface SendOptions {
  /** Called right before the bytes leave; false means: do not send (a DELETE then fails, a create is `notSent`). */
  readonly mayStillSend: () => boolean;
}

export interface CreateOptions extends SendOptions {
  /** The caller already waited for its turn at the account's limiter. @default false */
  readonly turnTaken?: boolean;
}

/** A good answer, or why there is none. */
export type Answer<T> = { readonly kind: 'ok'; readonly value: T } | Failure;

/** No usable answer. It says nothing about whether a pod exists. */
export interface Failure {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  /** One sentence for a person, without secrets. */
  readonly message: string;
  readonly httpStatus?: number;
  /** How long the provider asked us to wait. */
  readonly retryAfterMs?: number;
  /** The answers were good, but changed while they were read: to ask again soon is no burden to a server in trouble. */
  readonly isUnstable?: true;
}

/**
 * `CredentialsMissing`: there is no key to ask with. `Unauthorized`: 401 or 403. `PaymentRequired`: 402
 * or the account's instance limit. `RateLimited`: 429. `ApiUnavailable`: no connection, timeout, 5xx.
 * `InvalidRequest`: the provider does not take a word of the question, such as a GPU type. `UnexpectedResponse`: an
 * answer that is not what the API promises, an incomplete list included.
 */
export type FailureReason =
  | 'CredentialsMissing'
  | 'Unauthorized'
  | 'PaymentRequired'
  | 'RateLimited'
  | 'ApiUnavailable'
  | 'InvalidRequest'
  | 'UnexpectedResponse';

export interface NotFound {
  readonly kind: 'notFound';
  readonly message: string;
}

/**
 * What is known after a create was asked for.
 *
 * - `created`: the provider gave an id.
 * - `refused`: a JSON error that proves that nothing was created (docs/explanation/provider-api.md).
 * - `notSent`: no byte of the request left, or our own check stopped it; the same attempt may be sent again.
 * - `unknown`: anything else. A pod may exist.
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
  /** What concerns a team or the key is so by Prime Intellect's own text, or because a plain read fails as well. */
  readonly isProven: boolean;
  readonly message: string;
  readonly httpStatus: number;
  readonly retryAfterMs?: number;
}

/**
 * Whom a refusal concerns: this GpuPod's request (its template, image, disks, key, sizes), the offer, all offers of the
 * upstream provider, the team that pays, or the API key. Only the last two may hold back the orders of others.
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

export type DeleteOutcome = { readonly kind: 'accepted' } | NotFound | Failure;

/** One look at one pod. What a shape of the API does not carry is absent. */
export interface InstanceSnapshot {
  readonly podId: string;
  readonly name?: string;
  readonly teamId?: string;
  readonly userId?: string;
  readonly status: PodStatus;
  /** `FINISHED` is done; absent where the server does not know the field. */
  readonly installationStatus?: string;
  readonly installationFailure?: string;
  readonly installationProgress?: number;
  /** Absent while the provider gives no usable endpoint. */
  readonly ssh?: SshEndpoint;
  readonly ports: readonly PodPort[];
  /** USD per hour; only if finite and > 0. */
  readonly priceUsdPerHour?: number;
  readonly isSpot?: boolean;
  readonly gpuCount?: number;
  readonly gpuName?: string;
  /** Upstream provider that it runs at. */
  readonly upstream?: string;
  readonly country?: string;
  readonly dataCenter?: string;
  readonly createdAt?: string;
}

/** A status that we do not know is read as UNKNOWN: wait, and do not delete. */
export type PodStatus =
  'PROVISIONING' | 'PENDING' | 'ACTIVE' | 'STOPPED' | 'ERROR' | 'DELETING' | 'UNKNOWN' | 'TERMINATED';

export interface SshEndpoint {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** A command to copy: `ssh root@203.0.113.7 -p 22022`. */
  readonly command: string;
}

/** A way to reach something on the machine: a port, or a link. */
export interface PodPort {
  readonly internal?: number;
  /** Absent where `url` is there instead. */
  readonly external?: number;
  /** Absent where it is the machine's own. */
  readonly host?: string;
  /** A link of the web, safe to be followed. It may hold a token. */
  readonly url?: string;
  readonly protocol: string;
  readonly usedBy?: string;
}

/** Offers of one query. `missing`: why there may be more than these. */
export interface OfferAnswer extends OfferList {
  readonly missing?: Failure;
}

/** Statuses that were read, and the ids of which nothing was learned: those are not missing. */
export interface PodStatuses {
  readonly snapshots: readonly InstanceSnapshot[];
  readonly failed: ReadonlyMap<string, Failure>;
}

/** Who pays: a team, by its id; or, undefined, whoever the key belongs to. */
export type Wallet = string | undefined;

/** The live instances of some wallets. Completeness is per wallet: one that failed says nothing about absences in it. */
export interface InstanceList {
  /** All that was read, also of wallets whose list is not complete. An instance whose name cannot be read has none. */
  readonly instances: readonly InstanceSnapshot[];
  /** Monotonic time before the first of its requests began. */
  readonly beganAtMs: number;
  /** One for each wallet that was asked for. */
  readonly wallets: readonly WalletList[];
}

export interface WalletList {
  readonly wallet: Wallet;
  /** Why the list could not be shown to be complete; absent where it was. */
  readonly failure?: Failure;
  readonly podIds: readonly string[];
  /** Rows without a readable id: an instance each, nobody knows which. */
  readonly unidentified: readonly UnidentifiedRow[];
}

export interface UnidentifiedRow {
  /** Absent where it cannot be read either. */
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
