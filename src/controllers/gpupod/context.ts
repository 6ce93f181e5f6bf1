import type { Clock } from '../../clock.ts';
import type { KeyUse } from '../../accounts/keys/key-use.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { Observation } from '../../lifecycle/observation.ts';
import type { Policy, ProtocolTimings } from '../../lifecycle/settings.ts';
import type { Step } from '../../lifecycle/step.ts';
import type { Adoptions } from './installation/adoptions.ts';
import type { CreateFence } from './create-fence.ts';
import type { ProtectAccount } from './loops.ts';
import type { LocalStates } from './local-states.ts';
import type { Events, GpuPodApi, GpuPodView, SecretApi } from './ports.ts';
import type { Acting, Payers } from './accounts/payers.ts';
import type { Probes } from './probes.ts';
import type { RetainedInstances } from './sweeps/retained-instances.ts';
import type { Slots } from './slots.ts';
import type { StatusFidelity } from './status-fidelity.ts';

/** What all GpuPods share, whatever account pays. Built once. Each function names the part of it that it uses. */
export interface Shared {
  readonly clock: Clock;
  readonly log: Log;
  /** Decides the next step; pure. */
  readonly plan: (observation: Observation) => Step;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly installation: string;
  /** Identity of this process, as in the Lease. */
  readonly identity: string;
  readonly api: GpuPodApi;
  readonly view: GpuPodView;
  readonly secrets: SecretApi;
  readonly events: Events;
  readonly fidelity: StatusFidelity;
  readonly adoptions: Adoptions;
  readonly localStates: LocalStates;
  readonly retained: RetainedInstances;
  /** Undefined: this operator probes no SSH servers. */
  readonly probes?: Pick<Probes, 'view' | 'want'> | undefined;
  readonly createFence: CreateFence;
  readonly keyUse: KeyUse;
  /** Without accounts it does nothing. */
  readonly protectAccount: ProtectAccount;
  /** A create request that this account pays for left, and was answered or not. */
  readonly onCreateAnswered?: (account: string, kind: 'created' | 'refused' | 'unknown') => void;
  /** An SSH key may be unused now. */
  readonly sweepSshKeys: () => void;
  /** Signs instance IDs and create intents; undefined if the operator may not read it. */
  readonly proofKey: string | undefined;
  /** Limits concurrent create requests, including the reads before them. */
  readonly createSlots: Slots;
  /** Limits the GpuPods that wait for their SSH key. Without a key of its own, a GpuPod needs no such slot. */
  readonly keySlots: Slots;
  /** Limits concurrent offer searches and single reads. Terminating an instance needs no slot. */
  readonly readSlots: Slots;
  /** True if the Lease was renewed moments ago, so no other process can lead. */
  readonly isLeaseFresh: () => boolean;
  /** True once a graceful stop has begun. No new create request leaves. */
  readonly isStopping: () => boolean;
}

/** The shared parts, and the session of the account that acts for the GpuPods in question, with its own policy. */
export interface Context extends Shared, Acting {}

/** The context in which a step is decided and performed. */
export interface StepContext extends Context {
  /** Who acts by now, and by which rules: accounts may change while an effect waits. */
  readonly actingNow: () => Acting;
}

/** What a reconcile starts from: the account is found for each step. */
export interface Reconciling extends Shared {
  readonly payers: Payers;
}

/** The context of one account. */
export function contextOf({ payers: _payers, ...shared }: Reconciling, acting: Acting): Context {
  return { ...shared, ...acting };
}
