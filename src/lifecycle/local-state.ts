import type { GpuPodStatus } from '../api/gpupod/status.ts';
import type { SshKeySource } from '../api/common/ssh-key-sources.ts';
import type { AccountIdentity } from './account-identity.ts';
import type { Intent } from './intent.ts';
import type { DroppedFields } from './status/dropped.ts';
import type { WriteRation } from './status/write-ration.ts';
import type { CreateOutcome, FailureReason } from './provider.ts';
import type { KeyRefusal } from './ssh-key/ssh-key-api.ts';

/**
 * What this process remembers about one GpuPod beyond its status and annotations.
 *
 * Losing it costs time, never money: every rule treats a missing value as "not known". All times are monotonic, in
 * milliseconds.
 */
export interface LocalState {
  /** When this process first saw the GpuPod. */
  readonly firstSeenAtMs: number;
  /** The version that the last plan was made for, and when this process first saw it. */
  readonly version?: { readonly resourceVersion: string; readonly seenAtMs: number };
  /** The GpuPod existed before this process started, so it may have a past that its status no longer shows. */
  readonly inFirstList: boolean;
  /** The open create intent, as this process sees it. */
  readonly pendingCreate?: PendingCreate;
  /** The rented instance, as this process sees it. */
  readonly instance?: InstanceState;
  /** The last status that named an instance under the operator's own signature. */
  readonly signed?: GpuPodStatus;
  /** This process has written the final status and removes the finalizer next. */
  readonly isClosing?: boolean;
  /** This process removed the finalizer. The watch cache may still show it. */
  readonly isReleased?: boolean;
  /** When this process first saw the deletion timestamp. */
  readonly deletingSinceMs?: number;
  /** An instance that this process received an ID for, and that no status names yet. */
  readonly unbound?: UnboundInstance;
  /** Duplicates: instance ID → start of the list that first showed it. See `relationOf`. */
  readonly duplicates: Readonly<Record<string, number>>;
  /** The current failure, since when it lasts, and how often it occurred in a row. */
  readonly failure?:
    | {
        readonly reason: string;
        readonly message: string;
        readonly sinceMs: number;
        readonly count: number;
      }
    | undefined;
  /** Why the last create request could not be sent, and when to retry. */
  readonly blocked?: {
    readonly reason: BlockReason;
    readonly message: string;
    readonly untilMs: number;
    /** Further tries will fail as well, until a person changes something. */
    readonly isFinal?: true;
  };
  /** How often offers refused a create request of this generation as invalid. */
  readonly invalidRefusals: { readonly generation: number; readonly count: number; readonly message: string };
  /** ID of the instance whose termination this process recorded because of a limit. See `withdrawEnding`. */
  readonly withdrawable?: string;
  readonly secret?: SecretState | undefined;
  /** The key of the next instance, which the provider has. */
  readonly sshKey?: ReadyKey | undefined;
  readonly rejectionsWrittenAtMs?: number;
  /** How many status writes may still follow each other. */
  readonly writeRation?: WriteRation;
  /** The fields of the last status write that the API server did not store. */
  readonly dropped?: DroppedFields | undefined;
}

/** The changes that a step makes; a value of undefined removes the key. */
export type LocalStateChange = Partial<LocalState>;

/** The result of the last write or removal of the connection Secret. */
export interface SecretState {
  /** Fingerprint of the content. */
  readonly fingerprint: string;
  readonly outcome: SecretOutcome;
  /** The API server's reason for `refused` and `kept`. */
  readonly message?: string;
  readonly atMs: number;
}

/** A public key that the provider had at `atMs`. */
export interface ReadyKey {
  readonly source: SshKeySource;
  readonly fingerprint: string;
  readonly keyId: string;
  /** Of the spec that the key is from. */
  readonly generation: number;
  /** Start of the session in which the ID means something, see `AccountSession`. */
  readonly sessionSinceMs: number;
  readonly atMs: number;
}

/**
 * - `written`, `removed`: done.
 * - `conflict`: the Secret of that name does not belong to this GpuPod.
 * - `keyLost`: written, but without the generated private key, which the Secret no longer has.
 * - `refused`: the API server rejects the Secret (quota, policy, permissions, name).
 * - `kept`: the API server does not let the operator remove a Secret that is no longer needed.
 */
export type SecretOutcome = 'written' | 'keyLost' | 'conflict' | 'refused' | 'removed' | 'kept';

/** Why a create request could not be sent. */
export type BlockReason =
  FailureReason | 'ReferenceNotFound' | 'SecretConflict' | 'SecretRefused' | KeyRefusal;

export interface UnboundInstance {
  readonly podId: string;
  readonly podName: string;
  /** The team that pays; absent where the API key's own wallet does. */
  readonly teamId?: string | undefined;
  /** The account that the instance was rented with. */
  readonly account?: AccountIdentity;
  /** Start of the session that sent the create request, see `AccountSession`. */
  readonly sessionSinceMs?: number;
  /**
   * The last DELETE, sent because the GpuPod vanished. `wasKnown`: the provider accepted it instead of answering 404.
   */
  readonly end?: { readonly askedAtMs: number; readonly wasKnown: boolean };
}

export interface PendingCreate {
  readonly podName: string;
  /** Identifies this write of the create intent, see `writingOf`; absent where the intent is garbled. */
  readonly writing?: string;
  /** The create intent as this process sent it; absent where another process did. */
  readonly sent?: Intent;
  /** The account that the create intent names. */
  readonly account?: AccountIdentity;
  /** Start of the session in which this process sent the request, see `AccountSession`. */
  readonly sessionSinceMs?: number;
  /** When this process first saw the create intent. */
  readonly firstSeenAtMs: number;
  /** How many milliseconds later than `createFenceMs` the writer may still send it, by its own statement. */
  readonly lateMs?: number;
  /** When the request of this process ended; absent where another process wrote the intent. */
  readonly requestEndedAtMs?: number;
  /** Before this process wrote the create intent; absent where another process did. */
  readonly requestBeganAtMs?: number;
  /** The outcome of the request of this process. */
  readonly outcome?: CreateOutcome;
  /** Complete lists, far enough apart, that did not show the instance. */
  readonly absences: number;
  readonly lastAbsenceAtMs?: number;
}

export interface InstanceState {
  readonly podId: string;
  /** When this process first saw that the instance is rented. The provisioning timeout counts from here. */
  readonly sinceMs: number;
  /** A list, poll or GET has shown the instance. The create response does not count. */
  readonly wasRead: boolean;
  /** When the provider created it, on the monotonic clock of this process; and the `createdAt` that says so. */
  readonly created?: { readonly text: string; readonly atMs: number };
  /** When this process first saw it active. Only a price that is read later is the price that it bills. */
  readonly activeSeenAtMs?: number;
  /** Start of the last request that showed it, alive or ended. */
  readonly seenAtMs?: number;
  /** Its latest known name at the provider; status polls carry none. */
  readonly name?: string;
  /** When the last DELETE was accepted or answered 404. */
  readonly deletedAtMs?: number;
  readonly deleteFailure?: DeleteFailure;
  /** The last GET of this instance. */
  readonly read?: PodRead;
  /** Proofs of its absence so far: each is a 404, and a later complete list that does not show it. */
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
  /** Name of the instance in the answer. */
  readonly name?: string;
}

/** Most GpuPods have no duplicates, and never an invalid refusal. All of them have these two in common. */
export const NO_DUPLICATES: LocalState['duplicates'] = {};
const NO_REFUSALS: LocalState['invalidRefusals'] = { generation: 0, count: 0, message: '' };

export function freshLocalState(firstSeenAtMs: number, inFirstList: boolean): LocalState {
  return {
    firstSeenAtMs,
    inFirstList,
    duplicates: NO_DUPLICATES,
    invalidRefusals: NO_REFUSALS,
  };
}
