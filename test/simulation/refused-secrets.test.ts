import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { isRecord, stringAt } from '../../src/json.ts';
import type { FaultPlan } from './boundary.ts';
import { readySimulation } from './life.ts';
import { specChange } from './people.ts';
import { conditionsOf, podIdOf, reasonOf, statusOf } from './readings.ts';
import { NAMESPACE, Simulation } from './simulation.ts';

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

function secretNames({ server }: Simulation): readonly string[] {
  const names = server.list('secrets').map(({ metadata }) => metadata.name);
  // Without the operator's own Secret.
  return names.filter((name) => name !== 'gpupod-operator-installation');
}

function status(simulation: Simulation): Readonly<Record<string, unknown>> {
  const object = simulation.object();
  return object === undefined ? {} : statusOf(object);
}

function bindingOf(simulation: Simulation): string | undefined {
  return stringAt(status(simulation)['binding'], 'name');
}

function lastAttempt(simulation: Simulation): Readonly<Record<string, unknown>> | undefined {
  const { attempts } = status(simulation);
  return Array.isArray(attempts) ? attempts.filter(isRecord).at(-1) : undefined;
}

function reason(simulation: Simulation, type: string): string | undefined {
  const object = simulation.object();
  return object === undefined ? undefined : reasonOf(object, type);
}

function syncedMessage(simulation: Simulation): string {
  const object = simulation.object();
  const synced =
    object === undefined ? undefined : conditionsOf(object).find(({ type }) => type === 'Synced');
  return stringAt(synced, 'message') ?? '';
}

describe('a connection Secret that the operator may not remove', () => {
  it('keeps a terminated attempt open, and the GpuPod says so', async () => {
    const { policy, faultPlan } = refusing('DELETE secrets');
    const simulation = await readySimulation({ faultPlan });
    specChange({ suspend: true })(simulation);
    await simulation.until(
      'the status says so',
      () => reason(simulation, 'Synced') === 'SecretRefused',
      5 * MINUTE_MS,
    );
    expect(reason(simulation, 'Ready')).toBe('Terminating');
    expect(syncedMessage(simulation)).toContain(OLD);
    expect(syncedMessage(simulation)).toContain('policy keep-secrets says no');

    const { writes } = simulation;
    const seenAt = status(simulation)['terminatedAt'];
    await simulation.pass(30 * MINUTE_MS);
    expect(simulation.writes - writes).toBe(0);

    policy.isOn = false;
    await simulation.until('suspended', () => reason(simulation, 'Ready') === 'Suspended', 2 * MINUTE_MS);
    expect(reason(simulation, 'Synced')).toBe('ReconcileSuccess');
    expect(secretNames(simulation)).toEqual([]);
    expect(lastAttempt(simulation)).toMatchObject({ endedAt: seenAt });
    // Half an hour of waiting would cost about 0.95 USD.
    expect(lastAttempt(simulation)?.['cost']).toBeLessThan(0.3);
  });
});

describe('another spec.connectionSecretName', () => {
  it('moves the connection Secret, and removes the former one', async () => {
    const simulation = await readySimulation();
    specChange({ connectionSecretName: NEW })(simulation);
    await simulation.until('moved', () => bindingOf(simulation) === NEW, MINUTE_MS);
    expect(secretNames(simulation)).toEqual([NEW]);
    expect(simulation.isReady()).toBe(true);
  });

  it('keeps the former one if it belongs to another owner by now', async () => {
    const simulation = await readySimulation();
    simulation.server.edit(
      'secrets',
      { namespace: NAMESPACE, name: OLD },
      (secret) => ({ ...secret, metadata: { ...secret.metadata, ownerReferences: [] } }),
      'person',
    );
    specChange({ connectionSecretName: NEW })(simulation);
    await simulation.until('moved', () => bindingOf(simulation) === NEW, MINUTE_MS);
    expect(secretNames(simulation).toSorted()).toEqual([NEW, OLD]);
  });

  it('is reported if the operator may not remove the former one, and the instance stays ready', async () => {
    const { policy, faultPlan } = refusing('DELETE secrets');
    const simulation = await readySimulation({ faultPlan });
    specChange({ connectionSecretName: NEW })(simulation);
    await simulation.until(
      'the status says so',
      () => reason(simulation, 'Synced') === 'SecretRefused',
      MINUTE_MS,
    );
    expect(simulation.isReady()).toBe(true);
    expect(syncedMessage(simulation)).toContain(OLD);
    expect(secretNames(simulation).toSorted()).toEqual([NEW, OLD]);

    policy.isOn = false;
    await simulation.until('moved', () => bindingOf(simulation) === NEW, 3 * MINUTE_MS);
    expect(secretNames(simulation)).toEqual([NEW]);
    expect(reason(simulation, 'Synced')).toBe('ReconcileSuccess');
  });

  it('keeps the existing Secret if the new name is taken', async () => {
    const simulation = await readySimulation();
    simulation.server.create('secrets', NAMESPACE, { metadata: { name: NEW }, data: {} }, 'person');
    specChange({ connectionSecretName: NEW })(simulation);
    await simulation.until(
      'the status says so',
      () => reason(simulation, 'Synced') === 'SecretConflict',
      MINUTE_MS,
    );
    expect(bindingOf(simulation)).toBe(OLD);

    specChange({ connectionSecretName: 'free' })(simulation);
    await simulation.until('moved', () => bindingOf(simulation) === 'free', 3 * MINUTE_MS);
    expect(secretNames(simulation).toSorted()).toEqual(['free', NEW]);
  });
});

describe('a Secret of the spec that the operator may not read', () => {
  it('prevents the create request, and the GpuPod says so', async () => {
    const { policy, faultPlan } = refusing('GET secrets');
    const simulation = new Simulation({ faultPlan });
    simulation.startOperator();
    await simulation.pass(1_000);
    const secretKeyRef = { name: 'token', key: 'token' };
    simulation.server.create(
      'secrets',
      NAMESPACE,
      { metadata: { name: 'token' }, data: { token: 'YQ==' } },
      'person',
    );
    simulation.apply('train-1', { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef } }] });
    await simulation.until(
      'the status says so',
      () => reason(simulation, 'Synced') === 'ReferenceNotFound',
      2 * MINUTE_MS,
    );
    expect(syncedMessage(simulation)).toContain('policy keep-secrets says no');
    expect(podIdOf(simulation.object())).toBeUndefined();

    policy.isOn = false;
    await simulation.until('ready', () => simulation.isReady(), 3 * MINUTE_MS);
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
    const simulation = new Simulation({
      faultPlan: (call) => {
        if (call.label === 'POST secrets') creates += 1;
        return faultPlan(call);
      },
    });
    simulation.server.create(
      'secrets',
      NAMESPACE,
      { metadata: { name: OLD }, data: { a: 'YQ==' } },
      'person',
    );
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until(
      'the status says so',
      () => reason(simulation, 'Synced') === 'SecretConflict',
      5 * MINUTE_MS,
    );
    expect(simulation.isReady()).toBe(true);
    expect(creates).toBe(1);
    await simulation.pass(10 * MINUTE_MS);

    expect(creates).toBe(1);
    expect(simulation.server.get('secrets', { namespace: NAMESPACE, name: OLD })?.['data']).toEqual({
      a: 'YQ==',
    });
  });
});
