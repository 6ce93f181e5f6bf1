import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import type { FaultPlan } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { restore } from './people.ts';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';

const FORBIDDEN = new ApiStatusError(403, 'Forbidden', 'cannot list gpupods at the cluster scope');

/** The permissions that the chart grants with `watchNamespace`: GpuPods of one namespace only. */
const oneNamespace: FaultPlan = ({ label }) =>
  label === 'LIST gpupods' ? [{ kind: 'refuse', error: FORBIDDEN }] : [];

describe('an operator with permission for one namespace only', () => {
  it('adopts the instance of a GpuPod that is restored from a backup', async () => {
    const simulation = new Simulation({ faultPlan: oneNamespace });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object());
    restore(simulation);
    await simulation.until(
      'taken over',
      () => simulation.isReady() && podIdOf(simulation.object()) === podId,
      600_000,
    );
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('reports an orphan and does not terminate it, because it may belong to a GpuPod of another namespace', async () => {
    const simulation = new Simulation({ faultPlan: oneNamespace, settings: { orphanPolicy: 'Terminate' } });
    simulation.startOperator();
    await simulation.pass(1_000);
    const { id } = plantPod(simulation.api.world, {
      name: `gp-${INSTALLATION}-0123456789-1-b`,
      userId: 'user_1',
    });
    await simulation.pass(60 * 60_000);
    expect(simulation.api.world.ledger.entries().find((entry) => entry.id === id)?.endedAtMs).toBeNull();
    expect(simulation.trace.text()).toContain('belongs to no GpuPod of the watched namespace');
    expect(simulation.trace.text()).not.toContain('reconcile failed');
  });
});
