import type { GpuPodStatus } from '../api/gpupod/status.ts';
import type { OfferQuery } from '../offers/offer-source.ts';
import type { InstanceRequest } from './instance-request.ts';
import type { Intent } from './intent.ts';
import type { Observation } from './observation.ts';
import type { WantedProbe } from './reachability.ts';
import type { LocalStateChange } from './local-state.ts';

/**
 * The next step of one GpuPod: one effect, after which everything is observed again, or a rest until something
 * changes.
 */
export type Step = Act | Rest;

export interface Act {
  readonly kind: 'act';
  readonly effect: Effect;
  readonly remember?: LocalStateChange;
}

export interface Rest {
  readonly kind: 'rest';
  /**
   * The status as it should be now. It is written only if it differs in something worth a write, see
   * `isWorthWriting`.
   */
  readonly status: GpuPodStatus;
  /** Reconcile again after this many milliseconds at the latest. */
  readonly requeueAfterMs?: number;
  /** A deadline that must not be late, in milliseconds from now: the queue otherwise adds up to a tenth. */
  readonly atLatestMs?: number;
  /** Requests a complete list that began after this monotonic time, and a new pass once it exists. */
  readonly wantsInventoryAfterMs?: number;
  /** The next probe of its SSH server, and a new pass once that has ended. */
  readonly wantsProbe?: WantedProbe;
  /** The instance is starting or terminating: poll it often. */
  readonly pollOften?: boolean;
  /** The key does not belong to the account of the instance, so it is not polled. */
  readonly isUnwatched?: boolean;
  readonly remember?: LocalStateChange;
}

/** One action outside the process. The performer reports its outcome, see `learn.ts`. */
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
  /** Registers the key of `spec.ssh` at the provider. */
  | { readonly type: 'ensureSshKey' }
  /** `isForced`: a person accepted the risk that the instance may still run. */
  | { readonly type: 'release'; readonly retain?: readonly InstanceLeft[]; readonly isForced?: true };

/** `unbound`: only the create response of this process names the instance. */
export interface DeleteDuplicate {
  readonly type: 'deleteDuplicate';
  readonly podId: string;
  readonly podName: string;
  readonly cause: 'duplicate' | 'unbound';
}

/** An instance that keeps running after its GpuPod is deleted. */
export interface InstanceLeft {
  readonly podId: string;
  readonly podName: string;
}

/** A write that must succeed before anything else happens. */
export interface WriteStatus {
  readonly type: 'writeStatus';
  readonly status: GpuPodStatus;
  /** Starts the cooldown of the offer whose attempt ended. */
  readonly cooldown?: Cooldown;
}

/** Writes finalizer and create intent in one guarded write, then sends the create request once. */
export interface CreatePod {
  readonly type: 'createPod';
  readonly intent: Intent;
  /** Without the values from Secrets, which the performer adds. */
  readonly request: InstanceRequest;
  readonly offerKey: string;
  /** Monotonic start of the request that listed the offer. */
  readonly offerSeenAtMs: number;
  /** Number of other offers that fit. */
  readonly otherOffers: number;
}

export interface EnsureSecret {
  readonly type: 'ensureSecret';
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  /** Fingerprint of the generated key, whose private half the Secret must hold. */
  readonly keyFingerprint?: string;
  /** The connection Secret under its former name, removed once this one is written. */
  readonly former?: string;
}

/** Why the operator avoids an offer for a while. `COOLDOWNS` holds the durations. */
export interface Cooldown {
  readonly reason: CooldownReason;
  readonly offerKey: string;
  /** Who avoids it. @default the scope that `COOLDOWNS` gives the reason */
  readonly scope?: CooldownScope;
}

/**
 * - `everybody`: all GpuPods avoid this offer.
 * - `upstream`: all GpuPods avoid all offers of the upstream provider.
 * - `object`: this GpuPod avoids the offer while its spec asks for the same.
 * - `request`: all GpuPods of the namespace that ask for the same image or template, sizes and variables avoid it.
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

/** One rule of the lifecycle: returns the next step, or undefined where the rule does not apply. */
export type Rule = (observation: Observation) => Step | undefined;
