import type { Clock } from '../clock.ts';
import type { Observation } from '../lifecycle/observation.ts';
import type { Provider } from '../lifecycle/provider.ts';
import type { Policy, ProtocolTimings } from '../lifecycle/settings.ts';
import type { Step } from '../lifecycle/step.ts';
import type { Log } from '../kubernetes/log.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';
import type { AccountWatch } from './account-watch.ts';
import type { Inventory } from './inventory.ts';
import type { Adoptions } from './adoptions.ts';
import type { Reservations } from './reservations.ts';
import type { Cooldowns } from './cooldowns.ts';
import type { CreateFence } from './create-fence.ts';
import type { LocalStates } from './local-states.ts';
import type { InstancePoller } from './instance-poller.ts';
import type { Events, GpuPodApi, GpuPodView, SecretApi } from './ports.ts';
import type { ProviderHealth } from './provider-health.ts';
import type { RetainedInstances } from './retained-instances.ts';
import type { Slots } from './slots.ts';
import type { StatusFidelity } from './status-fidelity.ts';
import type { VanishedInstances } from './vanished-instances.ts';

/** All that the effects of one operator process work on. Made once, by the composition root. */
export interface Context {
  readonly clock: Clock;
  readonly log: Log;
  readonly provider: Provider;
  /** Decides what is next; pure. */
  readonly plan: (observation: Observation) => Step;
  readonly timings: ProtocolTimings;
  readonly policy: Policy;
  readonly installation: string;
  /** Of this process, as in the Lease. */
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
  /** Signs ids of instances; undefined where it cannot be read. */
  readonly proofKey: string | undefined;
  /** Create requests that may be under way at once, with what they read first. */
  readonly createSlots: Slots;
  /** Searches and single looks that may be under way at once. Terminating an instance needs no place. */
  readonly readSlots: Slots;
  /** Waits for a token of the account's rate limit, for an order. */
  readonly takeCreateTurn: () => Promise<void>;
  /** The lease was renewed within the last moments: nobody else can be leading. */
  readonly isLeaseFresh: () => boolean;
  /** A graceful stop has begun: no new order leaves. */
  readonly isStopping: () => boolean;
}
