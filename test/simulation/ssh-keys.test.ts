import { describe, expect, it } from '@jest/globals';
import { recordAt, stringAt } from '../../src/json.ts';
import { secretData } from '../../src/kubernetes/client/secrets-client.ts';
import type { SshKey } from '../../src/simulator/world/ssh-key-store.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { anEd25519Line, aPublicKey, privatePem } from '../support/builders/ssh-keys.ts';
import { AccountScene } from './account-scene.ts';
import { judgeEnd } from './oracles.ts';
import { removeByForce } from './people.ts';
import { messageOf, reasonOf } from './readings.ts';
import { NAMESPACE, Simulation } from './simulation.ts';
import { beside } from './two-clusters.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
const LINE = anEd25519Line();
const BY_SECRET = { ssh: { publicKeySecretRef: { name: 'my-key', key: 'id.pub' } } };

function begin(options: SimulationOptions = {}): Simulation {
  const simulation = new Simulation({ isTraced: false, ...options });
  simulation.startOperator();
  return simulation;
}

/** The keys of the operator's account, without its primary one. */
function registered(simulation: Simulation): readonly SshKey[] {
  return simulation.api.world.sshKeys.of('user_1').filter(({ name }) => name !== 'default');
}

/** The keys that the instances of this GpuPod were requested with. */
function requestedKeys(simulation: Simulation): readonly (string | undefined)[] {
  return [...simulation.api.world.pods.byId.values()]
    .filter(({ origin }) => origin === 'Api')
    .map(({ request }) => stringAt(recordAt(request, 'pod'), 'sshKeyId'));
}

/** Somebody removes a key at the provider. */
function removeKey({ api: { world } }: Simulation, id: string): void {
  const key = world.sshKeys.find('user_1', id);
  if (key === undefined) throw new Error(`no key ${id}`);
  world.sshKeys.remove(key);
}

function reasonsOf(simulation: Simulation): readonly (string | undefined)[] {
  const object = simulation.object();
  return object === undefined ? [] : ['Synced', 'Stalled'].map((type) => reasonOf(object, type));
}

function putSecret(simulation: Simulation, text: string): void {
  simulation.server.create(
    'secrets',
    NAMESPACE,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'my-key' }, data: secretData({ 'id.pub': text }) },
    'person',
  );
}

describe('spec.ssh.publicKey', () => {
  it('is registered before the instance is requested, and the status says which key it is', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady());
    const [key] = registered(simulation);
    expect(key).toMatchObject({ publicKey: aPublicKey().content });
    expect(requestedKeys(simulation)).toEqual([key?.id]);
    expect(recordAt(simulation.object(), 'status')['sshKey']).toEqual({
      source: 'PublicKey',
      fingerprint: aPublicKey().fingerprint,
      keyId: key?.id,
    });
    simulation.delete();
    await simulation.until('it is deleted', () => simulation.object() === undefined);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('is one key at the provider for two GpuPods', async () => {
    const simulation = begin();
    const names = ['train-1', 'train-2'];
    for (const name of names) simulation.apply(name, { ssh: { publicKey: `${LINE} of ${name}` } });
    await simulation.until('both are ready', () => names.every((name) => simulation.isReady(name)));
    expect(registered(simulation)).toHaveLength(1);
    expect(new Set(requestedKeys(simulation)).size).toBe(1);
  });

  it('that nobody can use rents nothing, and says why', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { publicKey: `no-pty ${LINE}` } });
    await simulation.pass(5 * MINUTE_MS);
    expect(reasonsOf(simulation)).toEqual(['InvalidSshKey', 'InvalidSshKey']);
    expect(requestedKeys(simulation)).toEqual([]);
    simulation.edit((object) => ({
      ...object,
      metadata: { ...object.metadata, generation: 2 },
      spec: { ...recordAt(object, 'spec'), ssh: { publicKey: LINE } },
    }));
    await simulation.until('it is ready', () => simulation.isReady());
  });

  it('is found by a list if the answer to its registration is lost', async () => {
    const simulation = begin();
    simulation.api.faults.add({
      method: 'POST',
      path: '/ssh_keys/',
      times: 1,
      effect: { kind: 'ResetAfter' },
    });
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady());
    expect(registered(simulation)).toHaveLength(1);
  });

  it('is registered again if somebody removed it, and the attempt goes on', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady());
    for (const { id } of registered(simulation)) removeKey(simulation, id);
    simulation.apply('train-2', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady('train-2'), MINUTE_MS);
    expect(registered(simulation)).toHaveLength(1);
    simulation.delete();
    simulation.delete('train-2');
    await simulation.until('they are deleted', () => simulation.objects().length === 0);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each<{ name: string; provider: SettingsInput; reason: string; says: string }>([
    {
      name: 'the account has no room for another key',
      provider: { sshKeyLimit: 1 },
      reason: 'QuotaExceeded',
      says: 'has no room for the SSH key of spec.ssh.publicKey',
    },
    {
      name: 'the API key may not manage SSH keys',
      provider: {
        accounts: [
          {
            key: 'test-key',
            userId: 'user_1',
            scopes: {
              availability: { read: true, write: true },
              instances: { read: true, write: true },
            },
          },
        ],
      },
      reason: 'Unauthorized',
      says: 'Give it the permission "SSH Keys: read and write"',
    },
  ])('rents nothing while $name, and says so', async ({ provider, reason, says }) => {
    const simulation = begin({ provider });
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    simulation.apply('train-2');
    await simulation.until('the other one is ready', () => simulation.isReady('train-2'));
    await simulation.pass(5 * MINUTE_MS);
    expect(reasonsOf(simulation)).toEqual([reason, undefined]);
    expect(messageOf(simulation.object(), 'Synced')).toContain(says);
    expect(requestedKeys(simulation)).toEqual([undefined]);
  });
});

describe('the requests for keys', () => {
  it('are none for GpuPods without a key, one list after a start, and one in an hour at rest', async () => {
    const simulation = begin();
    const asked = (): number => simulation.api.requests.count({ path: '/ssh_keys/' });
    simulation.apply('plain');
    await simulation.until('it is ready', () => simulation.isReady('plain'));
    simulation.operator.kill();
    await simulation.pass(20 * MINUTE_MS);
    expect(asked()).toBe(0);
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady());
    expect(asked()).toBe(2);
    await simulation.pass(2 * 60 * MINUTE_MS);
    expect(asked()).toBe(2 + 2);
    simulation.operator.kill();
    await simulation.pass(2 * 60 * MINUTE_MS);
    expect(asked()).toBe(4 + 2);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a key whose GpuPod was removed by force', () => {
  it('is removed as well, without a restart or another release', async () => {
    const simulation = begin();
    simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await simulation.until('it is ready', () => simulation.isReady());
    await simulation.pass(10 * MINUTE_MS);
    removeByForce(simulation);
    await simulation.pass(15 * MINUTE_MS);
    expect(registered(simulation)).toEqual([]);
  });
});

describe('a key that two GpuPods share', () => {
  it('stays until the last of them is gone', async () => {
    const simulation = begin();
    const names = ['train-1', 'train-2'];
    for (const name of names) simulation.apply(name, { ssh: { publicKey: LINE } });
    await simulation.until('both are ready', () => names.every((name) => simulation.isReady(name)));
    simulation.delete('train-1');
    await simulation.pass(30 * MINUTE_MS);
    expect(registered(simulation)).toHaveLength(1);
    simulation.delete('train-2');
    await simulation.until('the key is removed', () => registered(simulation).length === 0, 15 * MINUTE_MS);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('is registered once by each installation, and each removes its own', async () => {
    const near = begin();
    const far = beside(near);
    far.startOperator();
    for (const simulation of [near, far]) simulation.apply('train-1', { ssh: { publicKey: LINE } });
    await near.until('both are ready', () => near.isReady() && far.isReady());
    expect(registered(near)).toHaveLength(2);
    near.delete();
    await near.until('one is removed', () => registered(near).length === 1, 15 * MINUTE_MS);
    await near.pass(30 * MINUTE_MS);
    expect(registered(near)).toMatchObject([{ name: expect.stringMatching(/^gpupod-far777-/) }]);
    far.apply('train-2', { ssh: { publicKey: LINE } });
    await near.until('it is ready', () => far.isReady('train-2'));
    for (const name of ['train-1', 'train-2']) far.delete(name);
    await near.until('both are removed', () => registered(near).length === 0, 15 * MINUTE_MS);
    expect([...near.journal.violations, ...far.journal.violations]).toEqual([]);
  });

  it('is registered with each account that pays', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', 'key-of-b');
    await scene.start();
    for (const namespace of ['team-a', 'team-b']) scene.apply(namespace, { ssh: { publicKey: LINE } });
    await scene.untilReady('team-a');
    await scene.untilReady('team-b');
    const { world } = scene.simulation.api;
    const ofAll = (): readonly string[] =>
      ['user_1', 'user_a', 'user_b'].flatMap((user) =>
        world.sshKeys.of(user).flatMap(({ name }) => (name === 'default' ? [] : [user])),
      );
    expect(ofAll()).toEqual(['user_a', 'user_b']);
    for (const namespace of ['team-a', 'team-b']) {
      scene.simulation.server.delete('gpupods', { namespace, name: 'train-1' }, 'person');
    }
    await scene.simulation.until('both are removed', () => ofAll().length === 0, 30 * MINUTE_MS);
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('spec.ssh.publicKeySecretRef', () => {
  it('waits for its Secret, and then rents with the key in it', async () => {
    const simulation = begin();
    simulation.apply('train-1', BY_SECRET);
    await simulation.pass(2 * MINUTE_MS);
    expect(reasonsOf(simulation)).toEqual(['ReferenceNotFound', undefined]);
    expect(requestedKeys(simulation)).toEqual([]);
    putSecret(simulation, `${LINE}\n`);
    await simulation.until('it is ready', () => simulation.isReady(), MINUTE_MS);
    expect(registered(simulation)).toMatchObject([{ publicKey: aPublicKey().content }]);
  });

  it('says that the Secret holds a private key, and repeats nothing of it', async () => {
    const simulation = begin();
    const pem = privatePem();
    putSecret(simulation, pem);
    simulation.apply('train-1', BY_SECRET);
    await simulation.pass(2 * MINUTE_MS);
    expect(reasonsOf(simulation)).toEqual(['InvalidSshKey', undefined]);
    expect(messageOf(simulation.object(), 'Synced')).toBe(
      'spec.ssh.publicKeySecretRef: Secret team-a/my-key, key id.pub: the value is a private key. Give the public key instead, from the file that ends in .pub, and do not use this private key any more: others may have read it.',
    );
    expect(requestedKeys(simulation)).toEqual([]);
    expect(registered(simulation)).toEqual([]);
  });
});
