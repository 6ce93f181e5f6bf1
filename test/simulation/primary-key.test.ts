import { describe, expect, it } from '@jest/globals';
import { recordAt } from '../../src/json.ts';
import { anEd25519Line } from '../support/builders/ssh-keys.ts';
import { messageOf, podIdOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const KEYED = { ssh: { publicKey: anEd25519Line() } };

function begin(): Simulation {
  const simulation = new Simulation({ isTraced: false });
  simulation.startOperator();
  return simulation;
}

function keys({ api }: Simulation) {
  return api.world.sshKeys.of('user_1');
}

/** Somebody removes all keys at the provider. */
function removeKeys(simulation: Simulation): void {
  for (const key of keys(simulation)) simulation.api.world.sshKeys.remove(key);
}

function makePrimary(simulation: Simulation, name: RegExp): void {
  const key = keys(simulation).find((one) => name.test(one.name));
  if (key === undefined) throw new Error('no such key');
  simulation.api.world.sshKeys.makePrimary(key);
}

function syncedOf(simulation: Simulation, name: string): string | undefined {
  const object = simulation.object(name);
  return object === undefined ? undefined : reasonOf(object, 'Synced');
}

describe('the primary key of the account', () => {
  it('is a registered one in an empty account: no GpuPod without a key gets it, and it goes with its GpuPod', async () => {
    const simulation = begin();
    removeKeys(simulation);
    simulation.apply('train-1', KEYED);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(keys(simulation).map(({ isPrimary }) => isPrimary)).toEqual([true]);
    simulation.apply('train-2');
    await simulation.pass(5 * MINUTE_MS);
    expect(syncedOf(simulation, 'train-2')).toBe('InvalidSshKey');
    expect(podIdOf(simulation.object('train-2'))).toBeUndefined();

    simulation.delete();
    await simulation.until('the account is empty again', () => keys(simulation).length === 0, 15 * MINUTE_MS);
    await simulation.until('the other one is ready', () => simulation.isReady('train-2'), 15 * MINUTE_MS);
  });

  it('stays if it is a registered one, and is given to no GpuPod that names no key', async () => {
    const simulation = begin();
    simulation.apply('train-1', KEYED);
    await simulation.until('it is ready', () => simulation.isReady());
    makePrimary(simulation, /^gpupod-/);
    simulation.delete();
    await simulation.pass(15 * MINUTE_MS);
    expect(keys(simulation)).toHaveLength(2);
    simulation.apply('train-2');
    await simulation.pass(5 * MINUTE_MS);
    expect(syncedOf(simulation, 'train-2')).toBe('InvalidSshKey');
    expect(podIdOf(simulation.object('train-2'))).toBeUndefined();
    makePrimary(simulation, /^default$/);
    await simulation.until('it is ready', () => simulation.isReady('train-2'), 5 * MINUTE_MS);
  });
});

describe('spec.ssh of another version', () => {
  it('rents nothing if no known field names the key', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { agent: 'forwarded' } } as object);
    await simulation.pass(5 * MINUTE_MS);
    expect(syncedOf(simulation, 'train-1')).toBe('InvalidSshKey');
    expect(messageOf(simulation.object(), 'Synced')).toContain('Upgrade the operator');
    expect(podIdOf(simulation.object())).toBeUndefined();
  });

  it('is said to be missing on an instance that an earlier version rented without it', async () => {
    const simulation = begin();
    simulation.apply('train-1', KEYED);
    await simulation.until('it is ready', () => simulation.isReady());
    simulation.edit((object) => {
      const { sshKey: _sshKey, ...status } = recordAt(object, 'status');
      return { ...object, status };
    });
    await simulation.until('it says so', () => syncedOf(simulation, 'train-1') === 'InvalidSshKey');
    expect(messageOf(simulation.object(), 'Synced')).toContain('Set spec.suspend to true and back');
    expect(simulation.isReady()).toBe(true);
  });
});
