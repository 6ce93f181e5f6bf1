import type { Clock } from '../../clock.ts';
import type { Observation } from '../../lifecycle/observation.ts';
import type { Provider } from '../../lifecycle/provider.ts';
import type { Policy, ProtocolTimings } from '../../lifecycle/settings.ts';
import type { Step } from '../../lifecycle/step.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { CircuitBreakers } from '../../accounts/circuit-breakers.ts';
import type { AccountWatch } from '../../accounts/account-watch.ts';
import type { Inventory } from '../../accounts/inventory.ts';
import type { Adoptions } from './adoptions.ts';
import type { Reservations } from '../../accounts/reservations.ts';
import type { Cooldowns } from '../../accounts/cooldowns.ts';
import type { CreateFence } from './create-fence.ts';
import type { LocalStates } from './local-states.ts';
import type { InstancePoller } from '../../accounts/instance-poller.ts';
import type { Events, GpuPodApi, GpuPodView, SecretApi } from './ports.ts';
import type { ProviderHealth } from '../../accounts/provider-health.ts';
import type { RetainedInstances } from './retained-instances.ts';
import type { Slots } from './slots.ts';
import type { StatusFidelity } from './status-fidelity.ts';
import type { VanishedInstances } from '../../accounts/vanished-instances.ts';

/** Everything that the effects of one operator process use. The composition root builds it once. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
  readonly provider: Provider;
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
  readonly account: AccountWatch;
  readonly circuitBreakers: CircuitBreakers;
  readonly cooldowns: Cooldowns;
  readonly reservations: Reservations;
  readonly fidelity: StatusFidelity;
  readonly adoptions: Adoptions;
  readonly localStates: LocalStates;
  readonly poller: InstancePoller;
  readonly inventory: Inventory;
  readonly health: ProviderHealth;
  readonly vanished: VanishedInstances;
  readonly retained: RetainedInstances;
  readonly createFence: CreateFence;
  /** Signs instance IDs; undefined if the operator may not read it. */
  readonly proofKey: string | undefined;
  /** Limits concurrent create requests, including the reads before them. */
  readonly createSlots: Slots;
  /** Limits concurrent offer searches and single reads. Terminating an instance needs no slot. */
  readonly readSlots: Slots;
  /** Waits for a token of the account's rate limit, for a create request. */
  readonly takeCreateTurn: () => Promise<void>;
  /** True if the Lease was renewed moments ago, so no other process can lead. */
  readonly isLeaseFresh: () => boolean;
  /** True once a graceful stop has begun. No new create request leaves. */
  readonly isStopping: () => boolean;
}
