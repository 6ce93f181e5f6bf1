import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../src/api/gpupod/status.ts';
import type { Step } from '../../src/lifecycle/step.ts';
import { stalledReason } from './planted/limit-scenarios.ts';
import { podIdOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const LONG = 'x'.repeat(5_000);

/** A mistake of the operator: it lets something through that no status can hold. */
const MISTAKES: readonly { readonly field: keyof GpuPodStatus; readonly odd: Partial<GpuPodStatus> }[] = [
  { field: 'ports', odd: { ports: [{ internal: 22, external: 22, protocol: 'TCP', host: LONG }] } },
  { field: 'ssh', odd: { ssh: { command: LONG, host: 'a', port: 22, user: 'root' } } },
  { field: 'hint', odd: { hint: LONG } },
  { field: 'offer', odd: { offer: { provider: LONG } } },
  { field: 'cost', odd: { cost: { currency: 'USD', billedPerHour: -1 } } },
];

function withOdd(step: Step, odd: Partial<GpuPodStatus>): Step {
  if (step.kind === 'rest') {
    return step.status.podId === undefined ? step : { ...step, status: { ...step.status, ...odd } };
  }
  const { effect } = step;
  return effect.type === 'writeStatus' && effect.status.podId !== undefined
    ? { ...step, effect: { ...effect, status: { ...effect.status, ...odd } } }
    : step;
}

describe('a value that no status can hold', () => {
  it.each(MISTAKES)(
    'in $field does not keep the rest from being written, nor the lifetime from ending',
    async ({ field, odd }) => {
      const simulation = new Simulation({
        plant: { plan: (decide) => (observation) => withOdd(decide(observation), odd) },
      });
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply('train-1', { maxLifetime: '2h' });
      await simulation.until('ready', () => simulation.isReady());
      expect(statusOf(simulation.object() ?? NOBODY)).not.toHaveProperty(field);
      expect(podIdOf(simulation.object())).toBeDefined();
      const { writes } = simulation;
      await simulation.pass(60 * 60_000);
      expect(simulation.writes - writes).toBeLessThanOrEqual(1);
      await simulation.until('terminated', () => stalledReason(simulation) === 'Expired', 70 * 60_000);
    },
  );
});

const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };
