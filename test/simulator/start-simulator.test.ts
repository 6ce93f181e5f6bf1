import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';

describe('startSimulator', () => {
  let simulator: Simulator;

  beforeEach(async () => {
    simulator = await startSimulator({ settings: { provisioningMs: 0, installingMs: 0, deletingMs: 0 } });
  });

  afterEach(async () => {
    await simulator.stop();
  });

  it('serves the default catalogue to a client with a key', async () => {
    const response = await fetch(`${simulator.url}/api/v1/availability/gpus?gpu_type=H100_80GB`, {
      headers: { authorization: `Bearer ${simulator.apiKey}` },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('items.0.cloudId', 'n3-H100x1');
    expect(simulator.requests.count({ method: 'GET', path: '/availability/gpus' })).toBe(1);
  });
});
