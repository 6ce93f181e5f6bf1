import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { restore } from './people.ts';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-world.ts';
import { SimulatedWorld } from './simulated-world.ts';

const FORBIDDEN = new ApiStatusError(403, 'Forbidden', 'cannot list gpupods at the cluster scope');

/** The permissions that the chart grants with `watchNamespace`: GpuPods of one namespace only. */
const oneNamespace: FaultPlan = ({ label }) =>
  label === 'LIST gpupods' ? [{ kind: 'refuse', error: FORBIDDEN }] : [];

describe('an operator with permission for one namespace only', () => {
  it('adopts the instance of a GpuPod that is restored from a backup', async () => {
    const world = new SimulatedWorld({ faultPlan: oneNamespace });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    const podId = podIdOf(world.object());
    restore(world);
    await world.until('taken over', () => world.isReady() && podIdOf(world.object()) === podId, 600_000);
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });

  it('reports an orphan and does not terminate it, because it may belong to a GpuPod of another namespace', async () => {
    const world = new SimulatedWorld({ faultPlan: oneNamespace, settings: { orphanPolicy: 'Terminate' } });
    world.startOperator();
    await world.pass(1_000);
    const { id } = plantPod(world.api.world, { name: `gp-${INSTALLATION}-0123456789-1-b`, userId: 'user_1' });
    await world.pass(60 * 60_000);
    expect(world.api.world.ledger.entries().find((entry) => entry.id === id)?.endedAtMs).toBeNull();
    expect(world.trace.text()).toContain('belongs to no GpuPod of the watched namespace');
    expect(world.trace.text()).not.toContain('reconcile failed');
  });
});
