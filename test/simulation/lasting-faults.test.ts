import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { conditionsOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;

/** The number of list requests to the provider. */
function lists({ api }: Simulation): number {
  return api.requests.count({ method: 'GET', path: '/pods/' });
}

/** The instance bills and works. The status must say so, even if the connection Secret fails. */
describe('a connection Secret that the API server never accepts', () => {
  it('does not keep an instance from being Ready, and the GpuPod says why it is missing', async () => {
    const quota = new ApiStatusError(403, 'Forbidden', 'exceeded quota: secrets');
    const simulation = new Simulation({
      faultPlan: ({ label }) => (label === 'POST secrets' ? [{ kind: 'refuse', error: quota }] : []),
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady(), 2 * MINUTE_MS);
    const gpuPod = simulation.object();
    expect(gpuPod === undefined ? [] : conditionsOf(gpuPod)).toContainEqual(
      expect.objectContaining({
        reason: 'SecretRefused',
        message: expect.stringContaining('exceeded quota: secrets'),
      }),
    );

    const { writes } = simulation;
    await simulation.pass(30 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(0);
  });
});

/** The operator asks a provider that is down at a low rate, whoever waits for the answer. */
describe('lists that fail for a long time', () => {
  it.each([
    {
      waits: 'nobody',
      prepare: async (simulation: Simulation) => {
        await simulation.pass(MINUTE_MS);
      },
    },
    {
      waits: 'a GpuPod that is being deleted',
      prepare: async (simulation: Simulation) => {
        simulation.apply();
        await simulation.until('ready', () => simulation.isReady());
      },
    },
  ])('are retried at a low rate: $waits waits', async ({ prepare }) => {
    const simulation = new Simulation();
    simulation.startOperator();
    await prepare(simulation);
    simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'Answer', status: 503 } });
    simulation.delete();
    // The back-off grows to its full length first.
    await simulation.pass(10 * MINUTE_MS);
    const before = lists(simulation);
    await simulation.pass(10 * MINUTE_MS);
    expect(lists(simulation) - before).toBeGreaterThan(1);
    // Sweeps and waiting GpuPods each have a back-off of 15 to 30 s by then.
    expect(lists(simulation) - before).toBeLessThanOrEqual(80);

    simulation.api.faults.clear();
    await simulation.until('gone', () => simulation.object() === undefined, MINUTE_MS);
  });
});
