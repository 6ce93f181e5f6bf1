import { describe, expect, it } from '@jest/globals';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { withSpec } from './edits.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
const CROWD = 60;
const HANG_MS = 25_000;

function hanging(rule: Omit<FaultRuleInput, 'effect'>, ms = HANG_MS): FaultRuleInput {
  return { ...rule, effect: { kind: 'DelayBefore', ms } };
}

interface Hazard {
  readonly what: string;
  readonly rules?: readonly FaultRuleInput[];
  readonly options?: (slow: <T>(act: () => Promise<T>) => Promise<T>) => SimulationOptions;
  /** The members of the crowd, each different. */
  readonly member: (index: number) => Parameters<Simulation['apply']>[1];
}

const SEARCHING: Hazard['member'] = (index) => ({ placement: { regions: [`nowhere_${index}`] } });
const CREATING: Hazard['member'] = () => ({});

function portsOf(change: (real: ClusterPorts) => Partial<ClusterPorts>): SimulationOptions {
  return { plant: { ports: (real) => ({ ...real, ...change(real) }) } };
}

/** What keeps workers busy or waiting while an instance must be terminated. */
const HAZARDS: readonly Hazard[] = [
  {
    what: 'searches hang',
    rules: [hanging({ method: 'GET', path: '/availability/*' })],
    member: SEARCHING,
  },
  {
    what: 'every read of the provider hangs',
    rules: [hanging({ method: 'GET' })],
    member: SEARCHING,
  },
  {
    what: 'create requests hang',
    rules: [hanging({ method: 'POST' }, 59_000)],
    member: CREATING,
  },
  {
    what: 'reads of single instances hang, and status polls omit all',
    rules: [
      { method: 'GET', path: '/pods/status', effect: { kind: 'OmitRows' } },
      hanging({ method: 'GET', path: '/pods/{id}' }),
    ],
    member: CREATING,
  },
  {
    what: 'reads of Secrets hang',
    options: (slow) =>
      portsOf(({ secrets }) => ({
        secrets: {
          get: async (target) => await slow(async () => await secrets.get(target)),
          create: async (namespace, object) => await secrets.create(namespace, object),
          replace: async (object) => await secrets.replace(object),
          delete: async (target, given) => await secrets.delete(target, given),
        },
      })),
    member: () => ({
      env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'tokens', key: 'one' } } }],
    }),
  },
  {
    what: 'status writes of others take long',
    rules: [{ method: 'GET', path: '/availability/*', effect: { kind: 'Answer', status: 503 } }],
    options: (slow) =>
      portsOf(({ api }) => ({
        api: {
          get: async (target) => await api.get(target),
          list: async (given) => await api.list(given),
          patchMetadata: async (patch) => await api.patchMetadata(patch),
          replaceStatus: async (object) => await slow(async () => await api.replaceStatus(object)),
        },
      })),
    member: SEARCHING,
  },
];

/** A simulation with one ready instance and a crowd of GpuPods. */
async function openSimulation({ rules = [], options, member }: Hazard): Promise<Simulation> {
  let isHazardous = false;
  const slow = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isHazardous) await new Promise<void>((resolve) => simulation.time.schedule(HANG_MS, resolve));
    return await act();
  };
  const simulation: Simulation = new Simulation(options?.(slow));
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('done');
  await simulation.until('ready', () => simulation.isReady('done'), 5 * MINUTE_MS);
  isHazardous = true;
  for (const rule of rules) simulation.api.faults.add(rule);
  for (let index = 0; index < CROWD; index += 1) simulation.apply(`crowd-${index}`, member(index));
  await simulation.pass(5_000);
  return simulation;
}

function deletes({ api }: Simulation): number {
  return api.requests.count({ method: 'DELETE', path: '/pods/{id}' });
}

/** Measured in virtual time, which passes only in requests and waits. */
describe('a busy operator', () => {
  it.each(HAZARDS)('sends the DELETE for a deleted GpuPod at once while $what', async (hazard) => {
    const simulation = await openSimulation(hazard);
    simulation.delete('done');
    await simulation.pass(2_000);
    expect(deletes(simulation)).toBe(1);
  });

  it.each(HAZARDS)(
    'sends the DELETE for a suspended GpuPod after one write at most while $what',
    async (hazard) => {
      const simulation = await openSimulation(hazard);
      simulation.edit(
        (object) => ({ ...object, spec: { ...Object(object['spec']), suspend: true } }),
        'done',
      );
      await simulation.pass(2_000 + HANG_MS);
      expect(deletes(simulation)).toBe(1);
    },
  );

  it('sends one more DELETE at once while other DELETEs hang', async () => {
    const simulation = new Simulation();
    simulation.startOperator();
    await simulation.pass(1_000);
    for (let index = 0; index < 20; index += 1) simulation.apply(`crowd-${index}`);
    simulation.apply('done');
    await simulation.until('ready', () =>
      simulation.objects().every(({ metadata }) => simulation.isReady(metadata.name)),
    );
    simulation.api.faults.add(hanging({ method: 'DELETE' }, 29_000));
    for (let index = 0; index < 20; index += 1) simulation.delete(`crowd-${index}`);
    await simulation.pass(1_000);
    simulation.delete('done');
    await simulation.pass(2_000);
    expect(deletes(simulation)).toBe(21);
  });
});

/**
 * After a restart nobody knows the names of instances before the first list, and without the name a GET must show that
 * the instance is ours.
 */
describe('an operator that was restarted while lists fail and searches hang', () => {
  const LIFETIME_MS = 30 * MINUTE_MS;
  const YOUNG_MS = 5_000;

  it.each<{ what: string; begin: (simulation: Simulation) => void; toEnd: Partial<GpuPodSpecInput> }>([
    { what: 'reaches its lifetime', begin: () => undefined, toEnd: { maxLifetime: '30m' } },
    {
      what: 'is suspended',
      begin: (simulation) => {
        simulation.edit(withSpec({ suspend: true }), 'done');
      },
      toEnd: {},
    },
  ])('sends the DELETE within seconds for an instance that $what', async ({ begin, toEnd }) => {
    const simulation = new Simulation();
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('done', toEnd);
    await simulation.until('ready', () => simulation.isReady('done'), 5 * MINUTE_MS);
    await simulation.pass(LIFETIME_MS - MINUTE_MS - simulation.time.nowMs);
    simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'Answer', status: 503 } });
    simulation.api.faults.add(hanging({ method: 'GET', path: '/availability/*' }));
    simulation.operator.kill();
    // Older GpuPods would wait for a list before they search.
    await simulation.pass(LIFETIME_MS - YOUNG_MS - simulation.time.nowMs);
    for (let index = 0; index < CROWD; index += 1) simulation.apply(`crowd-${index}`, SEARCHING(index));
    await simulation.pass(LIFETIME_MS + 1_000 - simulation.time.nowMs);
    expect(deletes(simulation)).toBe(0);

    begin(simulation);
    await simulation.pass(10_000);
    expect(deletes(simulation)).toBe(1);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a crowd that waits for a hanging provider', () => {
  it('is reconciled once the provider answers', async () => {
    const simulation = await openSimulation({
      what: '',
      rules: [hanging({ method: 'GET', path: '/availability/*' })],
      member: CREATING,
    });
    simulation.api.faults.clear();
    await simulation.until(
      'all ready',
      () => simulation.objects().every(({ metadata }) => simulation.isReady(metadata.name)),
      10 * MINUTE_MS,
    );
    expect(simulation.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(1 + CROWD);
  });
});
