import { describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { recordAt } from '../../src/json.ts';
import { secretData } from '../../src/kubernetes/client/secrets-client.ts';
import { anEd25519Line, aPublicKey } from '../support/builders/ssh-keys.ts';
import { messageOf, podIdOf, reasonOf } from './readings.ts';
import { NAMESPACE, Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const SECRET = 'values';
const FROM_SECRET = { name: 'X', valueFrom: { secretKeyRef: { name: SECRET, key: 'x' } } };

/** The keys of the operator's account, without its primary one. */
function registered({ api }: Simulation): readonly string[] {
  const keys = api.world.sshKeys.of('user_1').filter(({ name }) => name !== 'default');
  return keys.map(({ publicKey }) => publicKey);
}

function specWith(byte: number): object {
  return { env: [FROM_SECRET], ssh: { publicKey: anEd25519Line(byte) } };
}

function putSecret({ server }: Simulation): void {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET },
    data: secretData({ x: '1' }),
  };
  server.create('secrets', NAMESPACE, secret, 'person');
}

function removeSecret({ server }: Simulation): void {
  server.delete('secrets', { namespace: NAMESPACE, name: SECRET }, 'person');
}

function editSpec(simulation: Simulation, generation: number, spec: object): void {
  simulation.edit((object) => ({
    ...object,
    metadata: { ...object.metadata, generation },
    spec: { ...recordAt(object, 'spec'), ...spec },
  }));
}

function syncedOf(object: RawObject | undefined): string | undefined {
  return object === undefined ? undefined : reasonOf(object, 'Synced');
}

describe('a public key', () => {
  it('is not registered before everything else that the create request needs is there', async () => {
    const simulation = new Simulation({ isTraced: false });
    simulation.startOperator();
    simulation.apply('train-1', specWith(1));
    for (let byte = 2; byte <= 5; byte += 1) {
      await simulation.pass(10 * MINUTE_MS);
      editSpec(simulation, byte, specWith(byte));
    }
    expect(syncedOf(simulation.object())).toBe('ReferenceNotFound');
    expect(registered(simulation)).toEqual([]);
    putSecret(simulation);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(registered(simulation)).toEqual([aPublicKey(5).content]);
  });

  it('is removed after the spec names another one, although nothing was rented with it', async () => {
    let isRemoved = false;
    const simulation: Simulation = new Simulation({
      isTraced: false,
      faultPlan: ({ label }) => {
        if (label === 'POST /ssh_keys/' && !isRemoved) {
          isRemoved = true;
          removeSecret(simulation);
        }
        return [];
      },
    });
    putSecret(simulation);
    simulation.startOperator();
    simulation.apply('train-1', specWith(1));
    // The search after the start is over, and saw the key in use.
    await simulation.pass(10 * MINUTE_MS);
    expect(registered(simulation)).toEqual([aPublicKey(1).content]);
    putSecret(simulation);
    editSpec(simulation, 2, specWith(2));
    await simulation.until('it is ready', () => simulation.isReady());
    await simulation.pass(15 * MINUTE_MS);
    expect(registered(simulation)).toEqual([aPublicKey(2).content]);
  });
});

describe('a generated private key', () => {
  it('reaches no instance of another GpuPod by its variables', async () => {
    const simulation = new Simulation({ isTraced: false });
    simulation.startOperator();
    simulation.apply('train-1', { ssh: { generate: true } });
    await simulation.until('it is ready', () => simulation.isReady());
    const valueOf = (key: string): object => ({
      env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'train-1-connection', key } } }],
    });
    simulation.apply('train-2', valueOf('ssh-privatekey'));
    simulation.apply('train-3', valueOf('host'));
    await simulation.until('the address is given', () => simulation.isReady('train-3'));
    await simulation.pass(5 * MINUTE_MS);
    expect(syncedOf(simulation.object('train-2'))).toBe('ReferenceNotFound');
    expect(messageOf(simulation.object('train-2'), 'Synced')).toContain('private key of another GpuPod');
    expect(podIdOf(simulation.object('train-2'))).toBeUndefined();
  });
});
