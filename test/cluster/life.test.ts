import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { prepareAudit } from '../support/audit.ts';
import type { Audit } from '../support/audit.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { conditionText, openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** Each instance state lasts long enough to be observed on a busy host, because the test counts the writes. */
const SEEN_LIFE = { provisioningMs: 1_000, installingMs: 2_000 };

let directory: string;
let audit: Audit;
let bench: Bench;
let scene: Scene;
let operator: RunningOperator;

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-audit-'));
  audit = await prepareAudit(directory);
  bench = await openBench({ apiServerFlags: audit.flags });
}, 20 * MINUTE_MS);

beforeEach(async () => {
  scene = await openScene(bench, { simulator: { settings: SEEN_LIFE } });
  operator = await scene.startOperator();
  // At its start, a process lists the instances of existing objects before it creates one. So the GpuPods of this test come later.
  await scene.untilTrue(
    'the operator works',
    () => scene.simulator.requests.count({ path: '/user/whoami' }) > 0,
  );
});

afterEach(async () => {
  await scene.stop();
});

afterAll(async () => {
  await bench.close();
  await rm(directory, { recursive: true });
});

/** Writes of the operator without events and its own records, including the key that it creates once. */
async function writes(): Promise<string[]> {
  const all = (await audit.writes(scene.namespace)).filter(
    (write) => !/ (events|configmaps|leases)/.test(write),
  );
  const firstPatch = all.indexOf('patch gpupods');
  return all.filter((write, index) => write !== 'create secrets' || index > firstPatch);
}

/** Rents instances, and waits for all their details. Ports come with a list, not with a status poll. */
async function rest(...names: string[]): Promise<void> {
  for (const name of names) await scene.create(name, H100);
  for (const name of names) {
    await scene.until(name, 'its ports are known', ({ status }) => status.ports !== undefined);
  }
}

/** Evidence of every write: the versions of the objects, and the server's own record. */
async function state(...names: string[]): Promise<unknown> {
  const versions = names.map(async (name) => [name, (await scene.find(name))?.metadata.resourceVersion]);
  return { versions: await Promise.all(versions), writes: await audit.writes(scene.namespace) };
}

describe('the requests of a whole life cycle', () => {
  it('are the fewest possible writes, one create request and one DELETE', async () => {
    await scene.create('whole', H100);
    await scene.untilReady('whole');
    // Create intent with finalizer, the instance, one further state of the provider, the Secret, Ready.
    expect(await writes()).toEqual([
      'patch gpupods',
      'update gpupods/status',
      'update gpupods/status',
      'create secrets',
      'update gpupods/status',
    ]);

    await scene.delete('whole');
    await scene.untilGone('whole');
    await scene.untilEvent('whole', /^Released: /);
    // The release, and before it the termination, if that takes longer than two polls.
    expect([['patch gpupods'], ['update gpupods/status', 'patch gpupods']]).toContainEqual(
      (await writes()).slice(5),
    );

    expect((await scene.events('whole')).map((text) => text.split(':')[0])).toEqual([
      'Rented',
      'Ready',
      'Released',
    ]);
    expect(scene.simulator.requests.counts()).toMatchObject({
      'POST /pods/': 1,
      'DELETE /pods/{id}': 1,
      'GET /availability/gpus': 1,
      'GET /user/whoami': 1,
    });
    expect(scene.simulator.ledger.entries()).toMatchObject([{ maxPrice: 3, endedBy: { reason: 'Delete' } }]);
  });

  it('include no write at rest, and one poll for all instances', async () => {
    await rest('first', 'second');
    const before = await state('first', 'second');
    const lastNumber = scene.simulator.requests.lastNumber;

    await scene.quietRounds(4);
    expect(await state('first', 'second')).toEqual(before);
    const requests = scene.simulator.requests.all({ afterNumber: lastNumber });
    expect(requests.filter(({ route }) => route === '/pods/{id}')).toEqual([]);
    const polls = requests.filter(({ route }) => route === '/pods/status');
    expect(polls.map(({ query }) => query.split('pod_ids=').length - 1)).toEqual(polls.map(() => 2));
  });

  it('include no write when another process takes over', async () => {
    await rest('first', 'second');
    const before = await state('first', 'second');
    await operator.stop();
    const lastNumber = scene.simulator.requests.lastNumber;

    await scene.startOperator();
    await scene.quietRounds(6);
    expect(await state('first', 'second')).toEqual(before);
    expect(scene.simulator.requests.count({ method: 'POST', afterNumber: lastNumber })).toBe(0);
  });

  it('lead to conditions and columns with the most important facts', async () => {
    await scene.create('shown', H100);
    const gpuPod = await scene.untilReady('shown');
    expect(
      ['Ready', 'Synced', 'OfferSelected', 'Provisioned', 'Reconciling', 'Stalled'].map((type) =>
        conditionText(gpuPod, type),
      ),
    ).toEqual(['True Available', 'True ReconcileSuccess', 'True Selected', 'True PodActive', '', '']);
    expect(gpuPod.status).toMatchObject({
      observedGeneration: 1,
      offer: {
        provider: 'hyperstack',
        cloudId: 'n3-H100x1',
        dataCenter: 'CANADA-1',
        country: 'CA',
        gpuCount: 1,
      },
      cost: { currency: 'USD', gpu: 1.9, pricePerHour: 1.9, maxPrice: 3, billedPerHour: 1.9 },
      binding: { name: 'shown-connection' },
    });

    const table = await scene.kubectl(['get', 'gpod', '-o', 'wide', '--no-headers']);
    expect(table.stdout.trim().split(/\s{2,}/)).toEqual([
      'shown',
      'True',
      'Ready',
      'Available',
      '["H100_80GB"]',
      '1',
      'H100_80GB',
      'hyperstack',
      '1.90',
      'canada',
      gpuPod.status.ssh?.command,
      gpuPod.status.podId,
      expect.stringMatching(/^\d+s$/),
    ]);
  });

  it('are documented by kubectl explain', async () => {
    const explain = async (field: string): Promise<string> =>
      (await scene.kubectl(['explain', field])).stdout.replaceAll(/\s+/g, ' ');
    expect(await explain('gpupod')).toContain(
      'Creating a GpuPod rents an instance; deleting it terminates the instance',
    );
    expect(await explain('gpupod.spec.maxPrice')).toMatch(/Cap in USD per hour for the whole instance/);
    expect(await explain('gpupod.spec')).toMatch(/gpu <Object> -required-/);
    const fields = (await scene.kubectl(['explain', 'gpupod', '--recursive'])).stdout;
    expect(fields).toMatch(/jupyterPasswordSecretRef\s+<Object>/);
  });

  it('create a connection Secret that the GpuPod owns', async () => {
    await scene.create('bound', H100);
    const { metadata, status } = await scene.untilReady('bound');
    const secret = await bench.secrets.get({ namespace: scene.namespace, name: 'bound-connection' });
    expect(secret?.metadata.ownerReferences).toMatchObject([
      { kind: 'GpuPod', name: 'bound', uid: metadata.uid, controller: true },
    ]);
    const data = Object.entries(secret?.['data'] ?? {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString(),
    ]);
    expect(Object.fromEntries(data)).toMatchObject({
      type: 'gpupod',
      host: status.ssh?.host,
      port: String(status.ssh?.port),
      username: 'root',
      'ssh-command': status.ssh?.command,
      'pod-id': status.podId,
    });
  });
});
