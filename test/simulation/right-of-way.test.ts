import { describe, expect, it } from '@jest/globals';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { SimulatedWorld } from './simulated-world.ts';
import type { WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
const CROWD = 60;
const HANG_MS = 25_000;

function hanging(rule: Omit<FaultRuleInput, 'effect'>, ms = HANG_MS): FaultRuleInput {
  return { ...rule, effect: { kind: 'DelayBefore', ms } };
}

interface Hazard {
  readonly what: string;
  readonly rules?: readonly FaultRuleInput[];
  readonly options?: (slow: <T>(act: () => Promise<T>) => Promise<T>) => WorldOptions;
  /** The members of the crowd, each different. */
  readonly member: (index: number) => Parameters<SimulatedWorld['apply']>[1];
}

const SEARCHING: Hazard['member'] = (index) => ({ placement: { regions: [`nowhere_${index}`] } });
const CREATING: Hazard['member'] = () => ({});

function portsOf(change: (real: ClusterPorts) => Partial<ClusterPorts>): WorldOptions {
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
async function openWorld({ rules = [], options, member }: Hazard): Promise<SimulatedWorld> {
  let isHazardous = false;
  const slow = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isHazardous) await new Promise<void>((resolve) => world.time.schedule(HANG_MS, resolve));
    return await act();
  };
  const world: SimulatedWorld = new SimulatedWorld(options?.(slow));
  world.startOperator();
  await world.pass(1_000);
  world.apply('done');
  await world.until('ready', () => world.isReady('done'), 5 * MINUTE_MS);
  isHazardous = true;
  for (const rule of rules) world.api.faults.add(rule);
  for (let index = 0; index < CROWD; index += 1) world.apply(`crowd-${index}`, member(index));
  await world.pass(5_000);
  return world;
}

function deletes({ api }: SimulatedWorld): number {
  return api.requests.count({ method: 'DELETE', path: '/pods/{id}' });
}

/** Measured in virtual time, which passes only in requests and waits. */
describe('a busy operator', () => {
  it.each(HAZARDS)('sends the DELETE for a deleted GpuPod at once while $what', async (hazard) => {
    const world = await openWorld(hazard);
    world.delete('done');
    await world.pass(2_000);
    expect(deletes(world)).toBe(1);
  });

  it.each(HAZARDS)(
    'sends the DELETE for a suspended GpuPod after one write at most while $what',
    async (hazard) => {
      const world = await openWorld(hazard);
      world.edit((object) => ({ ...object, spec: { ...Object(object['spec']), suspend: true } }), 'done');
      await world.pass(2_000 + HANG_MS);
      expect(deletes(world)).toBe(1);
    },
  );

  it('sends one more DELETE at once while other DELETEs hang', async () => {
    const world = new SimulatedWorld();
    world.startOperator();
    await world.pass(1_000);
    for (let index = 0; index < 20; index += 1) world.apply(`crowd-${index}`);
    world.apply('done');
    await world.until('ready', () => world.objects().every(({ metadata }) => world.isReady(metadata.name)));
    world.api.faults.add(hanging({ method: 'DELETE' }, 29_000));
    for (let index = 0; index < 20; index += 1) world.delete(`crowd-${index}`);
    await world.pass(1_000);
    world.delete('done');
    await world.pass(2_000);
    expect(deletes(world)).toBe(21);
  });
});

describe('a crowd that waits for a hanging provider', () => {
  it('is reconciled once the provider answers', async () => {
    const world = await openWorld({
      what: '',
      rules: [hanging({ method: 'GET', path: '/availability/*' })],
      member: CREATING,
    });
    world.api.faults.clear();
    await world.until(
      'all ready',
      () => world.objects().every(({ metadata }) => world.isReady(metadata.name)),
      10 * MINUTE_MS,
    );
    expect(world.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(1 + CROWD);
  });
});
