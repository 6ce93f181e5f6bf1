import type { GpuPodStatus } from '../api/status.ts';
import type { OfferQuery } from '../offers/offer-source.ts';
import type { CreatePodRequest } from './create-pod-request.ts';
import type { Intent } from './intent.ts';
import type { Observation } from './observation.ts';
import type { LocalStateChange } from './local-state.ts';

/**
 * The next step of one GpuPod: either one effect, after which all is looked at anew, or a rest until
 * something changes. Both may add to what the process remembers.
 */
export type Step = Act | Rest;

export interface Act {
  readonly kind: 'act';
  readonly effect: Effect;
  readonly remember?: LocalStateChange;
}

export interface Rest {
  readonly kind: 'rest';
  /** The status as it should stand now; it is written only where that is worth a write. */
  readonly status: GpuPodStatus;
  /** Look again after this long, whatever happens. */
  readonly requeueAfterMs?: number;
  /** A complete list that began after this time is wanted; the object is looked at again once it is there. */
  readonly wantsInventoryAfterMs?: number;
  /** The rented pod is on its way somewhere: look at it often. */
  readonly pollOften?: boolean;
  /** The key does not belong to the account of the rented pod: it is not asked about. */
  readonly isUnwatched?: boolean;
  readonly remember?: LocalStateChange;
}

/** One thing to do in the world. The performer reports what it learned, see `learn`. */
export type Effect =
  | WriteStatus
  | CreatePod
  | { readonly type: 'readOffers'; readonly queries: readonly OfferQuery[] }
  | { readonly type: 'deletePod'; readonly podId: string }
  | DeleteDuplicate
  | { readonly type: 'addFinalizer' }
  | { readonly type: 'readPod'; readonly podId: string }
  | EnsureSecret
  | { readonly type: 'removeSecret'; readonly name: string }
  /** `isForced`: a person took the responsibility; whether the rental ended was not seen. */
  | { readonly type: 'release'; readonly retain?: readonly InstanceLeft[]; readonly isForced?: true };

/** `unbound`: the answer to a request of this process gave the id, and nobody else knows of it. */
export interface DeleteDuplicate {
  readonly type: 'deleteDuplicate';
  readonly podId: string;
  readonly podName: string;
  readonly cause: 'duplicate' | 'unbound';
}

/** A pod that is left running when its object goes. */
export interface InstanceLeft {
  readonly podId: string;
  readonly podName: string;
}

/** A write that must be done before anything else happens. */
export interface WriteStatus {
  readonly type: 'writeStatus';
  readonly status: GpuPodStatus;
  /** The offer of the attempt that ended is avoided for a while. */
  readonly cooldown?: Cooldown;
}

/** Finalizer and intent in one guarded write, then the request, once. */
export interface CreatePod {
  readonly type: 'createPod';
  readonly intent: Intent;
  /** Without what comes from Secrets: that is filled in by the performer. */
  readonly request: CreatePodRequest;
  readonly offerKey: string;
  /** Monotonic time at which the answer that the offer stands in was asked for. */
  readonly offerSeenAtMs: number;
  /** Number of offers that would fit as well. */
  readonly otherOffers: number;
}

export interface EnsureSecret {
  readonly type: 'ensureSecret';
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  /** The connection Secret that stands under another name; it goes once this one is written. */
  readonly former?: string;
}

/** Why offers are avoided for a while; the durations stand in one table, see `COOLDOWNS`. */
export interface Cooldown {
  readonly reason: CooldownReason;
  readonly offerKey: string;
  /** Whom the cause concerns. @default what the table says of the reason */
  readonly scope?: CooldownScope;
}

/**
 * `everybody`: all GpuPods, this offer. `upstream`: all GpuPods, all offers of its upstream provider. `object`: this
 * GpuPod, while it asks for the same. `request`: all of its namespace that ask for the same image or template, sizes and
 * variables.
 */
export type CooldownScope = 'everybody' | 'upstream' | 'object' | 'request';

export type CooldownReason =
  | 'NoCapacity'
  | 'AboveMaxPrice'
  | 'NotAsRequested'
  | 'InvalidRequest'
  | 'TemplateIncompatible'
  | 'OtherRefusal'
  | 'NotCreated'
  | 'ProvisioningTimedOut'
  | 'InstallFailed'
  | 'Forbidden'
  | 'QuotaExceeded';

/** One rule of the lifecycle: the step it asks for, or undefined where it does not apply. */
export type Rule = (observation: Observation) => Step | undefined;
