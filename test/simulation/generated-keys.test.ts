import { describe, expect, it } from '@jest/globals';
import { keyPairOf, publicHalfOf } from '../../src/controllers/gpupod/effects/key-pair.ts';
import { recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { parsePublicKey } from '../../src/lifecycle/ssh-key/public-key.ts';
import { keyOfInstance, ownKeys } from './key-oracle.ts';
import { judgeEnd } from './oracles.ts';
import { restore } from './people.ts';
import { messageOf, podIdOf, reasonOf } from './readings.ts';
import { NAMESPACE, Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
const GENERATE = { ssh: { generate: true } };
const SECRET = 'train-1-connection';

async function ready(options: SimulationOptions = {}, spec: object = {}): Promise<Simulation> {
  const simulation = new Simulation({ isTraced: false, ...options });
  simulation.startOperator();
  simulation.apply('train-1', { ...GENERATE, ...spec });
  await simulation.until('it is ready', () => simulation.isReady());
  return simulation;
}

function secret(simulation: Simulation, name = SECRET): RawObject | undefined {
  return simulation.server.get('secrets', { namespace: NAMESPACE, name });
}

function valueOf(object: RawObject | undefined, key: string): string | undefined {
  const encoded = stringAt(object?.['data'], key);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}

/** The fingerprint of the private key in the Secret. */
function fingerprintIn(object: RawObject | undefined): string | undefined {
  return publicHalfOf(valueOf(object, 'ssh-privatekey') ?? '')?.fingerprint;
}

/** The fingerprint of the key that the instance was requested with. */
function fingerprintAtProvider(simulation: Simulation): string | undefined {
  const parsed = parsePublicKey(keyOfInstance(simulation, podIdOf(simulation.object())) ?? '');
  return parsed.kind === 'ok' ? parsed.key.fingerprint : undefined;
}

function edit(simulation: Simulation, spec: object): void {
  simulation.edit((object) => ({
    ...object,
    metadata: { ...object.metadata, generation: (object.metadata.generation ?? 1) + 1 },
    spec: { ...recordAt(object, 'spec'), ...spec },
  }));
}

/** A backup tool restores the Secret, with its labels and without its owner. */
function restoreSecret(simulation: Simulation, held: RawObject | undefined): void {
  const metadata = { name: SECRET, labels: held?.metadata.labels ?? {} };
  const { type, data } = { type: held?.['type'], data: held?.['data'] };
  simulation.server.create('secrets', NAMESPACE, { metadata, type, data }, 'person');
}

describe('spec.ssh.generate', () => {
  it('gives the instance a key whose private half is in the connection Secret, and nowhere else', async () => {
    const simulation = await ready();
    const held = secret(simulation);
    const fingerprint = fingerprintIn(held);
    expect(held?.['type']).toBe('kubernetes.io/ssh-auth');
    expect(fingerprint).toMatch(/^SHA256:/);
    expect(fingerprintAtProvider(simulation)).toBe(fingerprint);
    expect(recordAt(simulation.object(), 'status')['sshKey']).toMatchObject({
      source: 'Generated',
      fingerprint,
      secretName: SECRET,
    });
    expect(valueOf(held, 'ssh-publickey')).toContain(`${NAMESPACE}/train-1`);
    expect(valueOf(held, 'ssh-command')).toMatch(/^ssh /);
    const line = valueOf(held, 'ssh-privatekey')?.split('\n')[4] ?? '';
    expect(line.length).toBeGreaterThan(40);
    const shown = [JSON.stringify(simulation.object()), simulation.trace.text()];
    const requests = simulation.api.requests.all().map((entry) => JSON.stringify(entry));
    expect([...shown, ...requests].filter((text) => text.includes(line))).toEqual([]);
    expect(requests.some((text) => text.includes('/ssh_keys/'))).toBe(true);
  });

  it('removes the key and the Secret with the GpuPod', async () => {
    const simulation = await ready();
    simulation.delete();
    await simulation.until('it is deleted', () => simulation.object() === undefined);
    await simulation.until('the key is removed', () => ownKeys(simulation).length === 0, 10 * MINUTE_MS);
    expect(secret(simulation)).toBeUndefined();
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('writes the private key before anything is registered, and uses it again after a crash', async () => {
    let crashed = false;
    let written: string | undefined;
    const simulation: Simulation = new Simulation({
      isTraced: false,
      faultPlan: ({ label }) => {
        if (label !== 'POST /ssh_keys/' || crashed) return [];
        crashed = true;
        written = fingerprintIn(secret(simulation));
        return [{ kind: 'crash', moment: 'sent' }];
      },
    });
    simulation.startOperator();
    simulation.apply('train-1', GENERATE);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(written).toMatch(/^SHA256:/);
    expect(fingerprintAtProvider(simulation)).toBe(written);
    expect(ownKeys(simulation)).toHaveLength(1);
  });

  it('uses the same pair for the next attempt after one that failed', async () => {
    const provider = { podRules: [{ nameIncludes: '-1-team-a', outcome: 'Error' as const }] };
    const simulation = await ready({ provider });
    expect(recordAt(simulation.object(), 'status')['podName']).toContain('-2-team-a');
    expect(fingerprintAtProvider(simulation)).toBe(fingerprintIn(secret(simulation)));
    expect(ownKeys(simulation)).toHaveLength(1);
  });

  it('has a new pair for the instance after a suspension, and removes the old key', async () => {
    const simulation = await ready();
    // Longer than the search for unused keys after a start.
    await simulation.pass(10 * MINUTE_MS);
    const before = fingerprintIn(secret(simulation));
    edit(simulation, { suspend: true });
    await simulation.until('it is suspended', () => podIdOf(simulation.object()) === undefined);
    expect(secret(simulation)).toBeUndefined();
    edit(simulation, { suspend: false });
    await simulation.until('it is ready', () => simulation.isReady());
    expect(fingerprintIn(secret(simulation))).not.toBe(before);
    expect(fingerprintAtProvider(simulation)).toBe(fingerprintIn(secret(simulation)));
    await simulation.until('the old key is removed', () => ownKeys(simulation).length === 1, 15 * MINUTE_MS);
    expect(fingerprintAtProvider(simulation)).toBe(fingerprintIn(secret(simulation)));
  });

  it('says that the key of a running instance is lost, makes no new one, and recovers with the Secret', async () => {
    const simulation = await ready();
    const held = secret(simulation);
    const podId = podIdOf(simulation.object());
    simulation.server.delete('secrets', { namespace: NAMESPACE, name: SECRET }, 'person');
    const synced = (): string | undefined => {
      const object = simulation.object();
      return object === undefined ? undefined : reasonOf(object, 'Synced');
    };
    await simulation.until('it says so', () => synced() === 'SshKeyLost', 15 * MINUTE_MS);
    expect(messageOf(simulation.object(), 'Synced')).toContain('set spec.suspend to true and back');
    expect(simulation.isReady()).toBe(true);
    expect(podIdOf(simulation.object())).toBe(podId);
    expect(fingerprintIn(secret(simulation))).toBeUndefined();
    await simulation.pass(30 * MINUTE_MS);
    expect(fingerprintIn(secret(simulation))).toBeUndefined();
    expect(ownKeys(simulation)).toHaveLength(1);
    simulation.server.delete('secrets', { namespace: NAMESPACE, name: SECRET }, 'person');
    restoreSecret(simulation, held);
    await simulation.until('it recovers', () => synced() === 'ReconcileSuccess', 15 * MINUTE_MS);
    expect(fingerprintIn(secret(simulation))).toBe(fingerprintAtProvider(simulation));
  });

  it('says so as well if the Secret holds another key, and leaves that alone', async () => {
    const simulation = await ready();
    const other = keyPairOf(Buffer.alloc(32, 9), 'theirs').privateKey;
    const target = { namespace: NAMESPACE, name: SECRET };
    simulation.server.edit(
      'secrets',
      target,
      (held) => ({
        ...held,
        data: { ...recordAt(held, 'data'), 'ssh-privatekey': Buffer.from(other).toString('base64') },
      }),
      'person',
    );
    await simulation.until(
      'it says so',
      () => messageOf(simulation.object(), 'Synced').includes('no longer holds the generated private key'),
      15 * MINUTE_MS,
    );
    expect(valueOf(secret(simulation), 'ssh-privatekey')).toBe(other);
    expect(simulation.isReady()).toBe(true);
  });

  it.each([
    { name: 'while it runs', wait: (simulation: Simulation) => simulation.isReady() },
    { name: 'while it starts', wait: (simulation: Simulation) => podIdOf(simulation.object()) !== undefined },
  ])('moves the private key when the Secret gets another name $name', async ({ wait }) => {
    const simulation = new Simulation({ isTraced: false });
    simulation.startOperator();
    simulation.apply('train-1', GENERATE);
    await simulation.until('it is there', () => wait(simulation));
    const before = fingerprintIn(secret(simulation));
    edit(simulation, { connectionSecretName: 'other' });
    await simulation.until('it is ready', () => simulation.isReady());
    const secretName = (): unknown =>
      recordAt(recordAt(simulation.object(), 'status'), 'sshKey')['secretName'];
    await simulation.until('it moved', () => secretName() === 'other', 15 * MINUTE_MS);
    expect(secret(simulation)).toBeUndefined();
    expect(fingerprintIn(secret(simulation, 'other'))).toBe(before);
    expect(before).toBe(fingerprintAtProvider(simulation));
  });

  it.each([
    { name: 'a former GpuPod of the same name left behind', isOwned: true },
    { name: 'somebody made to look like one of the operator', isOwned: false },
  ])('never uses a private key that $name', async ({ isOwned }) => {
    const former = await ready();
    const { metadata, ...left } = secret(former) ?? { metadata: {} };
    const { ownerReferences, labels } = metadata as RawObject['metadata'];
    const known = fingerprintIn(secret(former));
    const simulation = new Simulation({ isTraced: false });
    const owners = isOwned ? (ownerReferences ?? []).map((owner) => ({ ...owner, uid: 'gone' })) : [];
    const planted = { ...left, metadata: { name: SECRET, labels: labels ?? {}, ownerReferences: owners } };
    simulation.server.create('secrets', NAMESPACE, planted, 'person');
    simulation.startOperator();
    simulation.apply('train-1', GENERATE);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(fingerprintIn(secret(simulation))).not.toBe(known);
    expect(fingerprintAtProvider(simulation)).toBe(fingerprintIn(secret(simulation)));
  });

  it('rents with the pair that the Secret holds at that moment', async () => {
    let isDeleted = false;
    const simulation: Simulation = new Simulation({
      isTraced: false,
      faultPlan: ({ label }) => {
        // The answer to the registration is on its way: the next thing would be the create request.
        if (label === 'POST /ssh_keys/' && !isDeleted) {
          isDeleted = true;
          simulation.server.delete('secrets', { namespace: NAMESPACE, name: SECRET }, 'person');
        }
        return [];
      },
    });
    simulation.startOperator();
    simulation.apply('train-1', GENERATE);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(isDeleted).toBe(true);
    expect(fingerprintIn(secret(simulation))).toMatch(/^SHA256:/);
    expect(fingerprintAtProvider(simulation)).toBe(fingerprintIn(secret(simulation)));
  });

  it('rents nothing while a Secret of somebody else has the name, and leaves it as it is', async () => {
    const simulation = new Simulation({ isTraced: false });
    const theirs = { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET }, data: { a: 'Yg==' } };
    simulation.server.create('secrets', NAMESPACE, theirs, 'person');
    simulation.startOperator();
    simulation.apply('train-1', GENERATE);
    await simulation.pass(5 * MINUTE_MS);
    const object = simulation.object();
    expect(object === undefined ? '' : reasonOf(object, 'Synced')).toBe('SecretConflict');
    expect(secret(simulation)?.['data']).toEqual({ a: 'Yg==' });
    expect(ownKeys(simulation)).toEqual([]);
    expect(simulation.api.requests.all().filter(({ method }) => method === 'POST')).toEqual([]);
    simulation.server.delete('secrets', { namespace: NAMESPACE, name: SECRET }, 'person');
    await simulation.until('it is ready', () => simulation.isReady());
  });

  it.each([
    { name: 'with its Secret keeps its key', isKept: true },
    { name: 'without its Secret says that the key is lost', isKept: false },
  ])('restored from a backup $name, and adopts the instance', async ({ isKept }) => {
    const simulation = await ready();
    const podId = podIdOf(simulation.object());
    const before = fingerprintIn(secret(simulation));
    const held = secret(simulation);
    restore(simulation);
    if (isKept) restoreSecret(simulation, held);
    await simulation.until('it is ready', () => simulation.isReady());
    expect(podIdOf(simulation.object())).toBe(podId);
    expect(fingerprintIn(secret(simulation))).toBe(isKept ? before : undefined);
    expect(messageOf(simulation.object(), 'Synced')).toContain(isKept ? 'Reconciled' : 'no longer holds');
    expect(fingerprintAtProvider(simulation)).toBe(before);
  });

  it('takes over the pair that an earlier GpuPod of this name left behind', async () => {
    const simulation = await ready();
    const before = fingerprintIn(secret(simulation));
    edit(simulation, { deletionPolicy: 'Retain' });
    simulation.delete();
    await simulation.until('it is deleted', () => simulation.object() === undefined);
    const left = secret(simulation);
    simulation.apply('train-1', GENERATE);
    await simulation.until('it is ready', () => simulation.isReady());
    const [owner] = secret(simulation)?.metadata.ownerReferences ?? [];
    expect(owner?.uid).toBe(simulation.object()?.metadata.uid);
    expect(fingerprintIn(secret(simulation))).toBe(fingerprintAtProvider(simulation));
    expect(left === undefined || fingerprintIn(secret(simulation)) === before).toBe(true);
  });
});
