import type { Policy } from '../../src/lifecycle/settings.ts';
import type { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import type { Arrival, GuardedSimulation } from './guards/guard.ts';
import { installGuards } from './guards/guards.ts';
import { Journal } from './journal.ts';
import { ReadyInstances } from './ready-instances.ts';
import { SimulatedApiServer } from './simulated-api-server.ts';
import { priceLimits } from './simulation-settings.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

const GARBAGE_MS = 5_000;

/** The API server of a cluster. UIDs differ from those of the neighbour. */
export function newServer(cluster: { nowText(): string }, neighbour: unknown): SimulatedApiServer {
  return new SimulatedApiServer(() => cluster.nowText(), neighbour === undefined ? 'uid' : 'far');
}

interface Recorded {
  readonly server: SimulatedApiServer;
  readonly api: SimulatedApi;
  readonly settings: { readonly policy: Policy };
  nowText(): string;
}

/** The record of a cluster, which shares its violations with that of the neighbour. */
export function newJournal(cluster: Recorded, neighbour: { readonly journal: Journal } | undefined): Journal {
  const limits = priceLimits(cluster.settings.policy);
  const journal = new Journal(cluster.server, cluster.api, () => cluster.nowText(), limits);
  if (neighbour !== undefined) journal.joinWith(neighbour.journal);
  return journal;
}

interface Animated extends GuardedSimulation {
  readonly time: VirtualTime;
  readonly trace: Trace;
}

/**
 * Starts what goes on in a cluster, however many installations it has: a trace of all changes, the garbage collector,
 * and the guards. Call the returned function with each request that one of the operators sends.
 */
export function animateCluster(cluster: Animated): (arrival: Arrival) => void {
  const { server, time, trace } = cluster;
  server.onChange(({ by, verb, kind, type, object: { metadata } }) => {
    trace.add(time.nowMs, `${by} ${verb} ${kind}/${metadata.name}`);
    if (kind !== 'secrets' || type !== 'ADDED') return;
    // The garbage collector later removes what belongs to a deleted object.
    time.schedule(GARBAGE_MS, () => {
      server.collect(metadata);
    });
  });
  new ReadyInstances(cluster).watch();
  return installGuards(cluster);
}
