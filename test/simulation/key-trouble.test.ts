import { describe, expect, it } from '@jest/globals';
import { anEd25519Line } from '../support/builders/ssh-keys.ts';
import { messageOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const OTHER_FORM = 'ssh-ed25519 AAAA';

function begin(): Simulation {
  const simulation = new Simulation({ isTraced: false });
  simulation.startOperator();
  return simulation;
}

function applyKeyed(simulation: Simulation, count: number): void {
  for (let index = 1; index <= count; index += 1) {
    simulation.apply(`keyed-${String(index)}`, { ssh: { publicKey: anEd25519Line(index) } });
  }
}

function keyRequests(simulation: Simulation): number {
  return simulation.api.requests.all().filter(({ path }) => path.includes('/ssh_keys/')).length;
}

function reasonsOf(simulation: Simulation, name: string): readonly (string | undefined)[] {
  const object = simulation.object(name);
  return object === undefined ? [] : ['Synced', 'Stalled'].map((type) => reasonOf(object, type));
}

describe('a provider that has trouble with SSH keys', () => {
  it('holds up only the GpuPods with keys when its lists hang', async () => {
    const simulation = begin();
    await simulation.pass(MINUTE_MS);
    simulation.api.faults.add({
      method: 'GET',
      path: '/ssh_keys/',
      effect: { kind: 'DelayBefore', ms: 10 * MINUTE_MS },
    });
    applyKeyed(simulation, 40);
    await simulation.pass(MINUTE_MS);
    simulation.apply('plain');
    await simulation.until('the other one is ready', () => simulation.isReady('plain'), 2 * MINUTE_MS);
    expect(simulation.isReady('keyed-1')).toBe(false);
  });

  it('is asked seldom about keys that it refuses, and the GpuPods say that a person has to act', async () => {
    const simulation = begin();
    simulation.api.faults.add({
      method: 'POST',
      path: '/ssh_keys/',
      effect: { kind: 'Answer', status: 400, body: { detail: 'Unsupported key type' } },
    });
    applyKeyed(simulation, 3);
    await simulation.pass(10 * MINUTE_MS);
    const before = keyRequests(simulation);
    await simulation.pass(60 * MINUTE_MS);
    expect((keyRequests(simulation) - before) / 3).toBeLessThan(30);
    expect(reasonsOf(simulation, 'keyed-1')).toEqual(['InvalidSshKey', 'InvalidSshKey']);
    simulation.edit(
      (object) => ({
        ...object,
        metadata: { ...object.metadata, generation: 2 },
        spec: { ...(object['spec'] as object), ssh: { keyId: 'mine' } },
      }),
      'keyed-1',
    );
    await simulation.until('it goes on', () => reasonsOf(simulation, 'keyed-1')[1] !== 'InvalidSshKey');
  });

  it('gets one key that it shows in another form, and loses it with the GpuPod', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { publicKey: anEd25519Line() } });
    const masked = { publicKey: OTHER_FORM };
    simulation.api.faults.add({
      method: 'POST',
      path: '/ssh_keys/',
      effect: { kind: 'Patch', fields: masked },
    });
    simulation.api.faults.add({
      method: 'GET',
      path: '/ssh_keys/',
      effect: { kind: 'PatchRows', ids: null, fields: masked },
    });
    await simulation.pass(60 * MINUTE_MS);
    expect(simulation.api.world.sshKeys.of('user_1')).toHaveLength(2);
    expect(reasonsOf(simulation, 'train-1')[0]).toBe('InvalidSshKey');
    expect(messageOf(simulation.object(), 'Synced')).toContain('in another form');
    simulation.delete();
    await simulation.pass(30 * MINUTE_MS);
    expect(simulation.api.world.sshKeys.of('user_1')).toHaveLength(1);
  });
});
