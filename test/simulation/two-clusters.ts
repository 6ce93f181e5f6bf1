import type { FaultPlan } from './boundary.ts';
import { judgeEnd } from './oracles.ts';
import type { Expectation } from './oracles.ts';
import { attempt, copyTo } from './people.ts';
import { NAMESPACE, Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
/** Longer than three sweeps, so that orphans are terminated by then. */
const SILENCE_MS = 20 * MINUTE_MS;
export const FAR_INSTALLATION = 'far777';

/** Two clusters that use one key, each with its operator and its installation. */
export interface TwoClusters {
  readonly near: Simulation;
  readonly far: Simulation;
}

/** Adds a cluster to an existing one. */
export function beside(near: Simulation, options: SimulationOptions = {}): Simulation {
  return new Simulation({
    seed: 2,
    ...options,
    neighbour: near,
    settings: { installationId: FAR_INSTALLATION, orphanPolicy: 'Terminate' },
  });
}

export function twoClusters(nearFaultPlan: FaultPlan, farFaultPlan: FaultPlan = () => []): TwoClusters {
  const near = new Simulation({ faultPlan: nearFaultPlan, settings: { orphanPolicy: 'Terminate' } });
  return { near, far: beside(near, { faultPlan: farFaultPlan }) };
}

/**
 * A person applies the YAML of one cluster in another, with annotations. The API server ignores the status
 * in it.
 */
export function copyAcross(from: Simulation, to: Simulation, name: string): void {
  attempt(from, copyTo(NAMESPACE, undefined, to), name);
}

/** Waits until both are at rest, and judges each by its own objects and instances. */
export async function settleBoth({ near, far }: TwoClusters, expected: Expectation = {}): Promise<void> {
  const sinceWriteMs = (): number => near.time.nowMs - Math.max(near.lastWriteMs, far.lastWriteMs);
  await near.until('rest in both', () => sinceWriteMs() > SILENCE_MS, 120 * MINUTE_MS);
  judgeEnd(near, expected);
  judgeEnd(far, expected);
}
