import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import { isRecord, stringAt } from '../../src/json.ts';
import type { FaultPlan } from './boundary.ts';
import { readyWorld } from './life.ts';
import { specChange } from './people.ts';
import { conditionsOf, podIdOf, reasonOf, statusOf } from './readings.ts';
import { NAMESPACE, SimulatedWorld } from './simulated-world.ts';

const MINUTE_MS = 60_000;
const OLD = 'train-1-connection';
const NEW = 'gpu-login';

/** An API server that refuses one kind of call until a person fixes it. */
function refusing(label: string) {
  const policy = { isOn: true };
  const error = new ApiStatusError(403, 'Forbidden', 'policy keep-secrets says no');
  const faultPlan: FaultPlan = (call) =>
    policy.isOn && call.label === label ? [{ kind: 'refuse', error }] : [];
  return { policy, faultPlan };
}

function secretNames({ server }: SimulatedWorld): readonly string[] {
  const names = server.list('secrets').map(({ metadata }) => metadata.name);
  // Without the operator's own Secret.
  return names.filter((name) => name !== 'gpupod-operator-installation');
}

function status(world: SimulatedWorld): Readonly<Record<string, unknown>> {
  const object = world.object();
  return object === undefined ? {} : statusOf(object);
}

function bindingOf(world: SimulatedWorld): string | undefined {
  return stringAt(status(world)['binding'], 'name');
}

function lastAttempt(world: SimulatedWorld): Readonly<Record<string, unknown>> | undefined {
  const { attempts } = status(world);
  return Array.isArray(attempts) ? attempts.filter(isRecord).at(-1) : undefined;
}

function reason(world: SimulatedWorld, type: string): string | undefined {
  const object = world.object();
  return object === undefined ? undefined : reasonOf(object, type);
}

function syncedMessage(world: SimulatedWorld): string {
  const object = world.object();
  const synced =
    object === undefined ? undefined : conditionsOf(object).find(({ type }) => type === 'Synced');
  return stringAt(synced, 'message') ?? '';
}

describe('a connection Secret that the operator may not remove', () => {
  it('keeps a terminated attempt open, and the GpuPod says so', async () => {
    const { policy, faultPlan } = refusing('DELETE secrets');
    const world = await readyWorld({ faultPlan });
    specChange({ suspend: true })(world);
    await world.until('the status says so', () => reason(world, 'Synced') === 'SecretRefused', 5 * MINUTE_MS);
    expect(reason(world, 'Ready')).toBe('Terminating');
    expect(syncedMessage(world)).toContain(OLD);
    expect(syncedMessage(world)).toContain('policy keep-secrets says no');

    const { writes } = world;
    const seenAt = status(world)['terminatedAt'];
    await world.pass(30 * MINUTE_MS);
    expect(world.writes - writes).toBe(0);

    policy.isOn = false;
    await world.until('suspended', () => reason(world, 'Ready') === 'Suspended', 2 * MINUTE_MS);
    expect(reason(world, 'Synced')).toBe('ReconcileSuccess');
    expect(secretNames(world)).toEqual([]);
    expect(lastAttempt(world)).toMatchObject({ endedAt: seenAt });
    // Half an hour of waiting would cost about 0.95 USD.
    expect(lastAttempt(world)?.['cost']).toBeLessThan(0.3);
  });
});

describe('another spec.connectionSecretName', () => {
  it('moves the connection Secret, and removes the former one', async () => {
    const world = await readyWorld();
    specChange({ connectionSecretName: NEW })(world);
    await world.until('moved', () => bindingOf(world) === NEW, MINUTE_MS);
    expect(secretNames(world)).toEqual([NEW]);
    expect(world.isReady()).toBe(true);
  });

  it('keeps the former one if it belongs to another owner by now', async () => {
    const world = await readyWorld();
    world.server.edit(
      'secrets',
      { namespace: NAMESPACE, name: OLD },
      (secret) => ({ ...secret, metadata: { ...secret.metadata, ownerReferences: [] } }),
      'person',
    );
    specChange({ connectionSecretName: NEW })(world);
    await world.until('moved', () => bindingOf(world) === NEW, MINUTE_MS);
    expect(secretNames(world).toSorted()).toEqual([NEW, OLD]);
  });

  it('is reported if the operator may not remove the former one, and the instance stays ready', async () => {
    const { policy, faultPlan } = refusing('DELETE secrets');
    const world = await readyWorld({ faultPlan });
    specChange({ connectionSecretName: NEW })(world);
    await world.until('the status says so', () => reason(world, 'Synced') === 'SecretRefused', MINUTE_MS);
    expect(world.isReady()).toBe(true);
    expect(syncedMessage(world)).toContain(OLD);
    expect(secretNames(world).toSorted()).toEqual([NEW, OLD]);

    policy.isOn = false;
    await world.until('moved', () => bindingOf(world) === NEW, 3 * MINUTE_MS);
    expect(secretNames(world)).toEqual([NEW]);
    expect(reason(world, 'Synced')).toBe('ReconcileSuccess');
  });

  it('keeps the existing Secret if the new name is taken', async () => {
    const world = await readyWorld();
    world.server.create('secrets', NAMESPACE, { metadata: { name: NEW }, data: {} }, 'person');
    specChange({ connectionSecretName: NEW })(world);
    await world.until('the status says so', () => reason(world, 'Synced') === 'SecretConflict', MINUTE_MS);
    expect(bindingOf(world)).toBe(OLD);

    specChange({ connectionSecretName: 'free' })(world);
    await world.until('moved', () => bindingOf(world) === 'free', 3 * MINUTE_MS);
    expect(secretNames(world).toSorted()).toEqual(['free', NEW]);
  });
});

describe('a Secret of the spec that the operator may not read', () => {
  it('prevents the create request, and the GpuPod says so', async () => {
    const { policy, faultPlan } = refusing('GET secrets');
    const world = new SimulatedWorld({ faultPlan });
    world.startOperator();
    await world.pass(1_000);
    const secretKeyRef = { name: 'token', key: 'token' };
    world.server.create(
      'secrets',
      NAMESPACE,
      { metadata: { name: 'token' }, data: { token: 'YQ==' } },
      'person',
    );
    world.apply('train-1', { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef } }] });
    await world.until(
      'the status says so',
      () => reason(world, 'Synced') === 'ReferenceNotFound',
      2 * MINUTE_MS,
    );
    expect(syncedMessage(world)).toContain('policy keep-secrets says no');
    expect(podIdOf(world.object())).toBeUndefined();

    policy.isOn = false;
    await world.until('ready', () => world.isReady(), 3 * MINUTE_MS);
  });
});

describe('a connection Secret whose name is taken', () => {
  it.each([
    { name: 'is found by a create that meets it', isRefused: false },
    { name: 'is found where a quota refuses the create before', isRefused: true },
  ])('$name, is left as it is, and is only read from then on', async ({ isRefused }) => {
    const { policy, faultPlan } = refusing('POST secrets');
    policy.isOn = isRefused;
    let creates = 0;
    const world = new SimulatedWorld({
      faultPlan: (call) => {
        if (call.label === 'POST secrets') creates += 1;
        return faultPlan(call);
      },
    });
    world.server.create('secrets', NAMESPACE, { metadata: { name: OLD }, data: { a: 'YQ==' } }, 'person');
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until(
      'the status says so',
      () => reason(world, 'Synced') === 'SecretConflict',
      5 * MINUTE_MS,
    );
    expect(world.isReady()).toBe(true);
    expect(creates).toBe(1);
    await world.pass(10 * MINUTE_MS);

    expect(creates).toBe(1);
    expect(world.server.get('secrets', { namespace: NAMESPACE, name: OLD })?.['data']).toEqual({ a: 'YQ==' });
  });
});
