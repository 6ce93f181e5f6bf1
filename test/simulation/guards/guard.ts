import { parseJson, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../../src/simulator/api/request-log.ts';
import type { Journal } from '../journal.ts';
import type { PayerBook } from '../payer-book.ts';
import type { Change, SimulatedApiServer } from '../simulated-api-server.ts';

/** A request of this cluster's operator on its arrival at the provider, before it is handled. */
export interface Arrival {
  readonly request: LoggedRequest;
  /** The UID of the GpuPod whose decision led to this DELETE. Undefined for sweeps and for other requests. */
  readonly actor: string | undefined;
}

/** Watches one kind of rule during a simulation, and records a violation when the rule is broken. */
export interface Guard {
  readonly onChange?: (change: Change) => void;
  readonly onArrival?: (arrival: Arrival) => void;
}

/** What guards read besides the events that they receive. */
export interface GuardedSimulation {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly journal: Journal;
  /** The user of the operator's current key. */
  readonly userId: string | undefined;
  /** Who may pay for what; undefined if the operator serves no accounts. */
  readonly payers: PayerBook | undefined;
  /** All processes so far. */
  readonly operators: readonly { readonly clock: { readonly largestErrorMs: number } }[];
}

export function isByOperator({ by }: Change): boolean {
  return by.startsWith('operator');
}

export function objectOf({ server }: GuardedSimulation, uid: string | undefined): RawObject | undefined {
  return uid === undefined ? undefined : server.list('gpupods').find(({ metadata }) => metadata.uid === uid);
}

/** The ID in the path of `/pods/{id}`. */
export function podIdIn({ path }: LoggedRequest): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The create intent of an instance, or undefined for foreign instances. */
export function intentOf(
  { api, journal }: GuardedSimulation,
  podId: string,
): ReturnType<Journal['intents']['get']> {
  const pod = api.world.pods.byId.get(podId);
  return pod === undefined ? undefined : journal.intents.get(pod.name);
}

/** The name in the body of a create request, or an empty text if the body is malformed. */
export function podNameOf(bodyText: string): string {
  return stringAt(recordAt(parseJson(bodyText), 'pod'), 'name') ?? '';
}
