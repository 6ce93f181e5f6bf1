import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import type { EventToRecord } from '../../src/controllers/gpupod/ports.ts';
import { Simulation } from './simulation.ts';

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
    const simulation = new Simulation({
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
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(MINUTE_MS);
    simulation.delete();
    await simulation.pass(3 * MINUTE_MS);
    expect(simulation.object()).toBeDefined();
    expect(events).toContainEqual({
      type: 'Warning',
      reason,
      message: expect.stringContaining(error.message),
    });
    expect(events.filter((event) => event.reason === 'WriteFailed').length).toBeLessThan(5);

    policy.isOn = false;
    await simulation.until('gone', () => simulation.object() === undefined, 20 * MINUTE_MS);
  });
});
