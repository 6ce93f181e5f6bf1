import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { SimulatedApi } from '../../../src/simulator/api/simulated-api.ts';
import type { LoggedRequest } from '../../../src/simulator/api/request-log.ts';
import type { Books } from '../books.ts';
import type { Change, SimulatedApiServer } from '../simulated-api-server.ts';

/** A request of this cluster's operator, as it arrives at the provider and before it is handled. */
export interface Arrival {
  readonly request: LoggedRequest;
  /** Uid of the GpuPod for which this DELETE was decided; undefined for sweeps, and for other requests. */
  readonly actor: string | undefined;
}

/** Watches one kind of rule while a world runs, and accuses at the moment that it is broken. */
export interface Guard {
  readonly onChange?: (change: Change) => void;
  readonly onArrival?: (arrival: Arrival) => void;
}

/** What guards look at, beside what they are told. */
export interface GuardedWorld {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly books: Books;
  /** User of the key that the operator has now. */
  readonly userId: string | undefined;
}

export function isByOperator({ by }: Change): boolean {
  return by.startsWith('operator');
}

export function objectOf({ server }: GuardedWorld, uid: string | undefined): RawObject | undefined {
  return uid === undefined ? undefined : server.list('gpupods').find(({ metadata }) => metadata.uid === uid);
}

/** The id in the path of `/pods/{id}`. */
export function podIdIn({ path }: LoggedRequest): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The order that an instance was created by, as it was written onto an object; undefined for those of others. */
export function intentOf({ api, books }: GuardedWorld, podId: string): ReturnType<Books['orders']['get']> {
  const pod = api.world.pods.byId.get(podId);
  return pod === undefined ? undefined : books.orders.get(pod.name);
}
