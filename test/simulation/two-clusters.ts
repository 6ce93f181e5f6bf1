import type { FaultPlan } from './boundary.ts';
import { judgeEnd } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { attempt, copyTo } from './people.ts';
import { NAMESPACE, SimulatedWorld } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
/** Longer than three sweeps: orphans are ended by then. */
const SILENCE_MS = 20 * MINUTE_MS;
export const FAR_INSTALLATION = 'far777';

/** Two clusters, each with its operator and its installation, that rent with one key. */
export interface TwoClusters {
  readonly near: SimulatedWorld;
  readonly far: SimulatedWorld;
}

/** Another cluster beside one that is there. */
export function beside(near: SimulatedWorld, options: WorldOptions = {}): SimulatedWorld {
  return new SimulatedWorld({
    seed: 2,
    ...options,
    neighbour: near,
    settings: { installationId: FAR_INSTALLATION, orphanPolicy: 'Terminate' },
  });
}

export function twoClusters(nearFaultPlan: FaultPlan, farFaultPlan: FaultPlan = () => []): TwoClusters {
  const near = new SimulatedWorld({ faultPlan: nearFaultPlan, settings: { orphanPolicy: 'Terminate' } });
  return { near, far: beside(near, { faultPlan: farFaultPlan }) };
}

/** Somebody applies the YAML of one cluster to another, annotations and all; a status is not taken from a file. */
export function copyAcross(from: SimulatedWorld, to: SimulatedWorld, name: string): void {
  attempt(from, copyTo(NAMESPACE, undefined, to), name);
}

/** Both come to rest, and are judged, each by its own objects and pods. */
export async function settleBoth({ near, far }: TwoClusters, expected: Expectation = {}): Promise<void> {
  const sinceWriteMs = (): number => near.time.nowMs - Math.max(near.lastWriteMs, far.lastWriteMs);
  await near.until('rest in both', () => sinceWriteMs() > SILENCE_MS, 120 * MINUTE_MS);
  judgeEnd(near, expected);
  judgeEnd(far, expected);
}
