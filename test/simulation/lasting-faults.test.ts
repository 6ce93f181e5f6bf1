import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import { conditionsOf } from './readings.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;

/** The number of list requests to the provider. */
function lists({ api }: SimulatedWorld): number {
  return api.requests.count({ method: 'GET', path: '/pods/' });
}

/** The instance bills and works. The status must say so, even if the connection Secret fails. */
describe('a connection Secret that the API server never accepts', () => {
  it('does not keep an instance from being Ready, and the GpuPod says why it is missing', async () => {
    const quota = new ApiStatusError(403, 'Forbidden', 'exceeded quota: secrets');
    const world = new SimulatedWorld({
      faultPlan: ({ label }) => (label === 'POST secrets' ? [{ kind: 'refuse', error: quota }] : []),
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady(), 2 * MINUTE_MS);
    const gpuPod = world.object();
    expect(gpuPod === undefined ? [] : conditionsOf(gpuPod)).toContainEqual(
      expect.objectContaining({
        reason: 'SecretRefused',
        message: expect.stringContaining('exceeded quota: secrets'),
      }),
    );

    const { writes } = world;
    await world.pass(30 * MINUTE_MS);
    expect(world.writes - writes).toBe(0);
  });
});

/** The operator asks a provider that is down at a low rate, whoever waits for the answer. */
describe('lists that fail for a long time', () => {
  it.each([
    {
      waits: 'nobody',
      prepare: async (world: SimulatedWorld) => {
        await world.pass(MINUTE_MS);
      },
    },
    {
      waits: 'a GpuPod that is being deleted',
      prepare: async (world: SimulatedWorld) => {
        world.apply();
        await world.until('ready', () => world.isReady());
      },
    },
  ])('are retried at a low rate: $waits waits', async ({ prepare }) => {
    const world = new SimulatedWorld();
    world.startOperator();
    await prepare(world);
    world.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'Answer', status: 503 } });
    world.delete();
    // The back-off grows to its full length first.
    await world.pass(10 * MINUTE_MS);
    const before = lists(world);
    await world.pass(10 * MINUTE_MS);
    expect(lists(world) - before).toBeGreaterThan(1);
    // Sweeps and waiting GpuPods each have a back-off of 15 to 30 s by then.
    expect(lists(world) - before).toBeLessThanOrEqual(80);

    world.api.faults.clear();
    await world.until('gone', () => world.object() === undefined, MINUTE_MS);
  });
});
