import type { AccountIdentity } from './account-identity.ts';
import type { DroppedFields } from './status/dropped.ts';
import type { CreateOutcome, FailureReason } from './provider.ts';

/**
 * What this process remembers of one object beyond what is written down. Losing it must cost time only,
 * never money: every rule reads an empty memory as "not known".
 *
 * Times are monotonic milliseconds.
 */
export interface LocalState {
  /** When this process first saw the object. */
  readonly firstSeenAtMs: number;
  /** The version of the object that was planned for last, and when this process first saw it. */
  readonly version?: { readonly resourceVersion: string; readonly seenAtMs: number };
  /** The object was there before this process was: it may have a past that is not written on it. */
  readonly inFirstList: boolean;
  /** The order that is open, as seen from this process. */
  readonly pendingCreate?: PendingCreate;
  /** The pod that is rented, as seen from this process. */
  readonly instance?: InstanceState;
  /** What it says at its end was written down by this process, before its finalizer goes. */
  readonly isClosing?: boolean;
  /** Its finalizer was taken off by this process; the copy of the object may still show it until the watch tells of the end. */
  readonly isReleased?: boolean;
  /** When this process first saw that the object is being deleted. */
  readonly deletingSinceMs?: number;
  /** A pod that this process got an id for and that no status names yet. */
  readonly unbound?: UnboundInstance;
  /** Live pods with this object's front that are not its own: pod id → begin of the list that first showed it. */
  readonly duplicates: Readonly<Record<string, number>>;
  /** What keeps going wrong, and since when. */
  readonly failure?:
    | {
        readonly reason: string;
        readonly message: string;
        readonly sinceMs: number;
        readonly count: number;
      }
    | undefined;
  /** No order is tried again before this time, and why. */
  readonly blocked?: { readonly reason: BlockReason; readonly message: string; readonly untilMs: number };
  /** Orders of this generation that were refused as invalid. */
  readonly invalidRefusals: { readonly generation: number; readonly count: number; readonly message: string };
  readonly secret?: SecretState | undefined;
  readonly rejectionsWrittenAtMs?: number;
  /** What the API server did not keep of the last status that this process wrote. */
  readonly dropped?: DroppedFields | undefined;
}

/** What a step adds; a value of undefined forgets. */
export type LocalStateChange = Partial<LocalState>;

/** What became of the connection Secret. */
export interface SecretState {
  /** Of its content. */
  readonly fingerprint: string;
  readonly outcome: SecretOutcome;
  /** Why it was refused, or kept. */
  readonly message?: string;
  readonly atMs: number;
}

/**
 * `conflict`: a Secret of that name belongs to somebody else; `refused`: the API server does not take it (quota, policy,
 * rights, name); `kept`: one that is not wanted any more may not be removed.
 */
export type SecretOutcome = 'written' | 'conflict' | 'refused' | 'removed' | 'kept';

/** Why an order could not be sent. */
export type BlockReason = FailureReason | 'ReferenceNotFound';

export interface UnboundInstance {
  readonly podId: string;
  readonly podName: string;
  /** The team that pays for it; absent where the key's own wallet does. */
  readonly teamId?: string | undefined;
  /** The account that it was ordered on. */
  readonly account?: AccountIdentity;
  /** Of the session that ordered it, see `AccountSession`. */
  readonly sessionSinceMs?: number;
  /** The last DELETE, sent because the object vanished; `wasKnown`: it was accepted, not answered 404. */
  readonly end?: { readonly askedAtMs: number; readonly wasKnown: boolean };
}

export interface PendingCreate {
  readonly podName: string;
  /** Which writing of that order; absent for one that nobody can read. */
  readonly writing?: string;
  /** The account that it was written for. */
  readonly account?: AccountIdentity;
  /** Of the session that this process sent it in, see `AccountSession`. */
  readonly sessionSinceMs?: number;
  /** When this process first saw the order. */
  readonly firstSeenAtMs: number;
  /** How much later than usual its writer may still send it, as it says of itself. */
  readonly lateMs?: number;
  /** When the request of this process ended; absent for an order of another process. */
  readonly requestEndedAtMs?: number;
  /** The answer to the request of this process. */
  readonly outcome?: CreateOutcome;
  /** Complete lists, far enough apart, that did not show the pod. */
  readonly absences: number;
  readonly lastAbsenceAtMs?: number;
}

export interface InstanceState {
  readonly podId: string;
  /** When this process first saw that the pod is rented; its provisioning deadline counts from here. */
  readonly sinceMs: number;
  /** Some read (not the answer to the create) showed the pod. */
  readonly wasRead: boolean;
  /** When this process first saw it active: only what is read later says what it costs. */
  readonly activeSeenAtMs?: number;
  /** Begin of the last request that showed it, alive or ended. */
  readonly seenAtMs?: number;
  /** What the provider calls it, as last heard; a status poll does not say. */
  readonly name?: string;
  /** The last DELETE that was accepted or answered 404. */
  readonly deletedAtMs?: number;
  readonly deleteFailure?: DeleteFailure;
  /** The last GET for this pod. */
  readonly read?: PodRead;
  /** Proofs of its absence so far: a 404 with a complete list that began later and does not show it. */
  readonly missing: number;
  readonly lastMissingAtMs?: number;
}

export interface DeleteFailure {
  readonly reason: FailureReason;
  readonly message: string;
  readonly count: number;
  readonly retryAtMs: number;
}

export interface PodRead {
  readonly beganAtMs: number;
  readonly result: 'found' | 'terminated' | 'notFound' | 'failed';
  /** Name of the pod that was found. */
  readonly name?: string;
}

export function freshLocalState(firstSeenAtMs: number, inFirstList: boolean): LocalState {
  return {
    firstSeenAtMs,
    inFirstList,
    duplicates: {},
    invalidRefusals: { generation: 0, count: 0, message: '' },
  };
}
