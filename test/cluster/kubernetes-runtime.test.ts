import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import { isAlreadyExists, isConflict, isInvalid } from '../../src/kubernetes/client/api-errors.ts';
import { ApiTransport } from '../../src/kubernetes/client/api-transport.ts';
import { configMapClient } from '../../src/kubernetes/client/config-map-client.ts';
import { EventRecorder } from '../../src/kubernetes/events/event-recorder.ts';
import { loadKubeConfig, serverVersion } from '../../src/kubernetes/kubeconfig/kube-config.ts';
import { LeaderElector } from '../../src/kubernetes/election/leader-elector.ts';
import { trimMetadata } from '../../src/kubernetes/objects.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { Reflector } from '../../src/kubernetes/cache/reflector.ts';
import { ResourceClient } from '../../src/kubernetes/client/resource-client.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';

const MINUTE_MS = 60_000;
const WIDGETS = '/apis/example.com/v1/widgets';

const crd = stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
});

let directory: string;
let controlPlane: ControlPlane;
let transport: ApiTransport;
let widgets: ResourceClient<RawObject>;
let log: RecordingLog;
const releases: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kubernetes-runtime-test-'));
  const crdPath = path.join(directory, 'widgets.yaml');
  await writeFile(crdPath, crd);
  controlPlane = await startControlPlane({ crdPaths: [crdPath] });
  log = new RecordingLog();
  transport = newTransport();
  const type = { group: 'example.com', version: 'v1', plural: 'widgets' };
  widgets = new ResourceClient({ transport, type, decode: trimMetadata });
}, 20 * MINUTE_MS);

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

afterAll(async () => {
  transport.close();
  await controlPlane.stop();
  await rm(directory, { recursive: true });
});

function newTransport(): ApiTransport {
  const { kubeConfig } = loadKubeConfig({ path: controlPlane.kubeconfigPath });
  return new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'kubernetes-runtime-test' });
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + MINUTE_MS;
  while (!condition()) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`${what} never came true`);
    await systemClock.sleep(20);
  }
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function widget(name: string, size = 1): Parameters<typeof widgets.create>[1] {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec: { size } };
}

async function startReflector(): Promise<{ reflector: Reflector<RawObject>; events: string[] }> {
  const events: string[] = [];
  const options = { transport, clock: systemClock, log, path: WIDGETS, decode: trimMetadata, pageSize: 7 };
  const reflector = new Reflector(options);
  reflector.subscribe({ onEvent: ({ type, object }) => events.push(`${type} ${object.metadata.name}`) });
  releases.push(async () => {
    await reflector.stop();
  });
  reflector.start();
  await reflector.whenSynced();
  return { reflector, events };
}

it('finds the server and its version', async () => {
  expect(await serverVersion(transport)).toMatch(/^v1\.\d+\.\d+/);
});

describe('the resource client', () => {
  it('guards metadata and status by version', async () => {
    const created = await widgets.create('default', widget('guarded'));
    const target = { namespace: 'default', name: 'guarded' };
    const { uid, resourceVersion } = created.metadata;
    const metadata = { annotations: { 'example.com/intent': '1' }, finalizers: ['example.com/keep'] };

    const patched = await widgets.patchMetadata({ ...target, uid, resourceVersion, metadata });
    const stale = await caught(widgets.patchMetadata({ ...target, uid, resourceVersion, metadata }));
    const status = await widgets.replaceStatus({ ...patched, spec: 'ignored', status: { phase: 'Ready' } });
    const staleStatus = await caught(widgets.replaceStatus({ ...patched, status: { phase: 'Old' } }));
    expect([stale, staleStatus].map(isConflict)).toEqual([true, true]);
    expect(status).toMatchObject({ spec: { size: 1 }, status: { phase: 'Ready' } });

    expect(await widgets.delete(target, { preconditions: { uid } })).toBe(true);
    const deleting = await widgets.get(target);
    expect(deleting?.metadata.deletionTimestamp).toBeDefined();
    const release = { uid, resourceVersion: deleting?.metadata.resourceVersion ?? '' };
    await widgets.patchMetadata({ ...target, ...release, metadata: { finalizers: [] } });
    expect(await widgets.get(target)).toBeUndefined();
    expect(await widgets.delete(target)).toBe(false);
  });

  it('does not change a later object of the same name', async () => {
    const { metadata, ...rest } = await widgets.create('default', widget('reborn'));
    const target = { namespace: 'default', name: 'reborn' };
    await widgets.delete(target);
    const recreated = await widgets.create('default', widget('reborn'));
    const { uid, resourceVersion } = metadata;

    const errors = [
      await caught(widgets.patchMetadata({ ...target, uid, resourceVersion, metadata: { finalizers: [] } })),
      await caught(widgets.replaceStatus({ ...rest, metadata, status: { phase: 'Old' } })),
      await caught(widgets.delete(target, { preconditions: { uid } })),
    ];

    expect(errors.map(isConflict)).toEqual([true, true, true]);
    expect((await widgets.get(target))?.metadata.resourceVersion).toBe(recreated.metadata.resourceVersion);
    await widgets.delete(target);
  });

  it('distinguishes an existing object from an invalid one', async () => {
    const maps = configMapClient(transport);
    const map = { metadata: { name: 'installation' }, data: { id: 'abc' } };

    expect((await maps.create('default', map)).data).toEqual({ id: 'abc' });
    expect(isAlreadyExists(await caught(maps.create('default', map)))).toBe(true);
    expect(isInvalid(await caught(maps.create('default', { metadata: { name: 'Not A Name' } })))).toBe(true);
  });
});

describe('the reflector', () => {
  it('lists pages, follows changes, and reads its own writes', async () => {
    for (let index = 0; index < 20; index += 1) {
      await widgets.create('default', widget(`page-${String(index)}`));
    }
    const { reflector, events } = await startReflector();
    expect(events.filter((event) => event.startsWith('ADDED page-'))).toHaveLength(20);

    const created = await widgets.create('default', widget('live'));
    await until(() => events.includes('ADDED live'), 'the event');
    const written = await widgets.replaceStatus({ ...created, status: { phase: 'Ready' } });
    reflector.store.applyLocal(written);
    expect(reflector.store.get('default/live')?.['status']).toEqual({ phase: 'Ready' });
    await widgets.delete({ namespace: 'default', name: 'live' });
    await until(() => events.includes('DELETED live'), 'the deletion');

    expect(reflector.store.get('default/live')).toBeUndefined();
    expect(reflector.store.list()[0]?.metadata).not.toHaveProperty('managedFields');
  });

  it(
    'recovers after an outage of the API server, and reports the missed changes',
    async () => {
      const { reflector, events } = await startReflector();
      await widgets.create('default', widget('before'));
      await until(() => events.includes('ADDED before'), 'the event');

      await controlPlane.restartApiServer();
      await widgets.delete({ namespace: 'default', name: 'before' });
      await widgets.create('default', widget('after'));
      await until(() => events.includes('DELETED before') && events.includes('ADDED after'), 'the events');

      expect(reflector.ageMs()).toBeLessThan(MINUTE_MS);
    },
    3 * MINUTE_MS,
  );

  it(
    'sees each object of a burst, and finally holds the same objects as the server',
    async () => {
      const { reflector } = await startReflector();
      const names = Array.from({ length: 300 }, (_, index) => `burst-${String(index)}`);
      await Promise.all(names.map(async (name) => await widgets.create('default', widget(name))));
      await until(
        () => names.every((name) => reflector.store.get(`default/${name}`) !== undefined),
        'the burst',
      );

      const versions = (objects: readonly RawObject[]): string[] =>
        objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
      expect(versions(reflector.store.list())).toEqual(versions(await widgets.list()));
    },
    3 * MINUTE_MS,
  );
});

describe('leader election', () => {
  it('transfers the lease within seconds when the leader stops', async () => {
    const led: string[] = [];
    const stand = (identity: string): LeaderElector => {
      const elector = new LeaderElector({
        transport,
        clock: systemClock,
        log,
        namespace: 'default',
        name: 'runtime-test',
        identity,
      });
      releases.push(async () => {
        await elector.stop();
      });
      elector.start({
        onStartedLeading: () => led.push(identity),
        onStoppedLeading: (end) => {
          led.push(`${identity} ${end}`);
        },
      });
      return elector;
    };
    const first = stand('first');
    await until(() => first.isLeader(), 'the first leads');
    const second = stand('second');

    await first.stop();
    await until(() => second.isLeader(), 'the second leads');

    expect(led).toEqual(['first', 'first released', 'second']);
    const { stdout } = await controlPlane.kubectl([
      'get',
      'lease',
      'runtime-test',
      '-o',
      'jsonpath={.spec.holderIdentity}',
    ]);
    expect(stdout).toBe('second');
  });
});

describe('events', () => {
  it('are shown by kubectl describe with the count of repeats', async () => {
    const object = await widgets.create('default', widget('told'));
    const recorder = new EventRecorder({
      transport,
      clock: systemClock,
      log,
      component: 'widget-operator',
      instance: 'test',
    });
    const { name, namespace, uid } = object.metadata;
    const reference = { apiVersion: 'example.com/v1', kind: 'Widget', name, namespace, uid };
    const waiting = { type: 'Warning' as const, reason: 'NoOffer', message: 'nothing fits' };
    recorder.record(reference, { type: 'Normal', reason: 'Rented', message: 'a machine was rented' });
    recorder.record(reference, waiting);
    recorder.record(reference, waiting);
    recorder.record(reference, waiting);
    await recorder.stop({ flushTimeoutMs: MINUTE_MS });

    const { stdout } = await controlPlane.kubectl(['describe', 'widget', 'told']);
    expect(stdout).toMatch(/Normal\s+Rented\s.*widget-operator\s+a machine was rented/);
    expect(stdout).toMatch(/Warning\s+NoOffer\s+\S+ \(x3 over \S+\)\s+widget-operator\s+nothing fits/);
  });
});
