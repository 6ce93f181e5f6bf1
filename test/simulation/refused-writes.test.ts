import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import type { EventToRecord } from '../../src/controllers/gpupod/ports.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;

/** If the API server refuses the operator's writes, the status cannot say so. */
describe('a write of the operator that a policy refuses', () => {
  const denied = new ApiStatusError(403, 'Forbidden', 'policy hands-off says no');
  const failing = new ApiStatusError(500, 'InternalError', 'failed calling webhook "hands-off.example.com"');

  it.each([
    { label: 'PUT gpupods/status', what: 'the status', error: denied, reason: 'WriteRefused' },
    {
      label: 'PATCH gpupods finalizers',
      what: 'the removal of the finalizer',
      error: denied,
      reason: 'WriteRefused',
    },
    {
      label: 'PUT gpupods/status',
      what: 'the status, by a webhook that fails',
      error: failing,
      reason: 'WriteFailed',
    },
    {
      label: 'PATCH gpupods finalizers',
      what: 'the removal of the finalizer, by a webhook that fails',
      error: failing,
      reason: 'WriteFailed',
    },
  ])('is reported by an event, and succeeds once it is allowed: $what', async ({ label, error, reason }) => {
    const policy = { isOn: true };
    const events: EventToRecord[] = [];
    const world = new SimulatedWorld({
      faultPlan: (call) => (policy.isOn && call.label === label ? [{ kind: 'refuse', error }] : []),
      plant: {
        ports: (ports) => ({
          ...ports,
          events: {
            record: (_about, event) => {
              events.push(event);
            },
          },
        }),
      },
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(MINUTE_MS);
    world.delete();
    await world.pass(3 * MINUTE_MS);
    expect(world.object()).toBeDefined();
    expect(events).toContainEqual({
      type: 'Warning',
      reason,
      message: expect.stringContaining(error.message),
    });
    expect(events.filter((event) => event.reason === 'WriteFailed').length).toBeLessThan(5);

    policy.isOn = false;
    await world.until('gone', () => world.object() === undefined, 20 * MINUTE_MS);
  });
});
