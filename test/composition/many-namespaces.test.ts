import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { connectCluster, gpuPodResource } from '../../src/composition/cluster.ts';
import type { Cluster } from '../../src/composition/cluster.ts';
import { createTelemetry } from '../../src/composition/telemetry.ts';
import { resourcePath } from '../../src/kubernetes/client/resource-client.ts';
import { goodConfig } from '../config/load.ts';
import { FakeApiServer } from '../kubernetes/support/fake-api-server.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { until } from '../kubernetes/support/until.ts';

const NAMESPACES = Array.from({ length: 60 }, (_, index) => `team-${String(index)}`);

let server: FakeApiServer;
let cluster: Cluster;
let folder: string;
let stops: (() => Promise<void>)[];

beforeEach(async () => {
  server = await FakeApiServer.start();
  folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
  stops = [];
});

afterEach(async () => {
  await Promise.all(stops.map(async (stop) => await stop()));
  cluster.transport.close();
  await server.close();
  await rm(folder, { recursive: true });
});

it('keeps connections for other requests, however many namespaces are watched', async () => {
  const kubeconfig = path.join(folder, 'config');
  await writeFile(kubeconfig, server.kubeConfig().exportConfig());
  const config = goodConfig([
    `--kubeconfig=${kubeconfig}`,
    `--watch-namespace=${NAMESPACES.join(',')}`,
    '--concurrency=1',
  ]);
  const { metrics } = createTelemetry(systemClock);
  cluster = connectCluster({ config, clock: systemClock, log: new RecordingLog(), metrics });
  const resource = gpuPodResource(config);
  for (const namespace of NAMESPACES) {
    const informer = cluster.openInformer(resourcePath(resource, namespace), resource);
    stops.push(async () => {
      await informer.stop();
    });
    informer.start();
  }
  await until(() => server.watches.openCount === NAMESPACES.length, 'a watch for each namespace');

  expect(await cluster.namespaces.get({ name: 'kube-system' })).toBeUndefined();
});
