import { createServer } from 'node:http';
import { once } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { METRICS } from '../../src/observability/metric-definitions.ts';
import type { MetricDefinition } from '../../src/observability/metric-definitions.ts';
import { createSecret } from '../support/bench.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** Series of limits and of GpuPods that wait, which the operator's own key does not have here. */
const ONLY_WITH_ACCOUNTS: ReadonlySet<string> = new Set([
  'gpupod_account_limit_usage_ratio',
  'gpupod_account_waiting_gpupods',
]);

const cluster = useBench();
let scene: Scene;
let port: number;

beforeEach(async () => {
  scene = await cluster.open();
  port = await freePort();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, text: await response.text() };
}

/** A series: its name in the reference, and its labels with their values. */
interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function scrape(): Promise<readonly Series[]> {
  const { text } = await get('/metrics');
  const histograms = new Set([...text.matchAll(/^# TYPE (\w+) histogram$/gm)].map(([, name = '']) => name));
  return [...text.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', pairs = '', value]) => {
    const base = name.replace(/_(?:bucket|sum|count)$/, '');
    const labels = [...pairs.matchAll(/(\w+)="([^"]*)"/g)].map(
      ([, label = '', said = '']) => [label, said] as const,
    );
    return {
      name: histograms.has(base) ? base : name,
      labels: Object.fromEntries(labels.filter(([label]) => label !== 'le')),
      value: Number(value?.replace('Inf', 'Infinity')),
    };
  });
}

/** The sum of the series of a metric. */
async function sum(name: string): Promise<number> {
  return (await scrape()).filter((one) => one.name === name).reduce((total, { value }) => total + value, 0);
}

describe('a scrape after a whole life cycle', () => {
  beforeEach(async () => {
    await scene.startOperator({
      'http-address': `127.0.0.1:${port}`,
      'leader-elect': 'true',
      'lease-name': 'metrics',
      'lease-renew-period': '300ms',
      'window-lease-fence': '10s',
    });
    await scene.create('train', H100);
    await scene.untilReady('train');
  });

  it('shows every metric of the reference with its labels, and no other metric', async () => {
    await scene.untilTrue('it is told what was spent', async () => (await sum('gpupod_spent_usd_total')) > 0);
    const effect = { kind: 'Answer', status: 400, body: { detail: 'The moon is full' } } as const;
    scene.simulator.faults.add({ method: 'POST', path: '/pods/', effect });
    await scene.create('refused', H100);
    const failures = async (): Promise<number> => await sum('gpupod_offer_failures_total');
    await scene.untilTrue('a failure is counted', async () => (await failures()) > 0);
    const series = (await scrape()).filter(({ name }) => !/^(?:process|nodejs)_/.test(name));
    const labels = new Map(series.map((one) => [one.name, Object.keys(one.labels).toSorted()]));

    expect(Object.fromEntries([...labels].toSorted())).toEqual(
      Object.fromEntries(
        Object.values<MetricDefinition>(METRICS)
          .filter(({ name }) => !ONLY_WITH_ACCOUNTS.has(name))
          .map(({ name, labels: documented }): [string, string[]] => [name, documented.toSorted()])
          .toSorted(),
      ),
    );
  });

  it('contains no name or id of a GpuPod or an instance', async () => {
    const { text } = await get('/metrics');
    const gpuPod = await scene.find('train');
    const own = [gpuPod?.metadata.uid, gpuPod?.status.podId, gpuPod?.status.podName, '"train"'];
    expect(own.filter((word) => text.includes(String(word)))).toEqual([]);
  });

  it('shows what happened', async () => {
    const series = await scrape();
    const labelled = {
      namespace: scene.namespace,
      phase: 'Ready',
      provider: 'hyperstack',
      gpu_type: 'H100_80GB',
    };
    expect(series).toEqual(
      expect.arrayContaining([
        { name: 'gpupod_leader', labels: {}, value: 1 },
        { name: 'gpupod_gpupods', labels: labelled, value: 1 },
        { name: 'gpupod_price_usd_per_hour', labels: { namespace: scene.namespace }, value: 1.9 },
        {
          name: 'gpupod_account_price_usd_per_hour',
          labels: { account: 'operator' },
          value: 1.9,
        },
        {
          name: 'gpupod_account_create_requests_total',
          labels: { account: 'operator', outcome: 'Created' },
          value: 1,
        },
        {
          name: 'gpupod_provider_requests_total',
          labels: { endpoint: '/pods/', method: 'POST', code: '200' },
          value: 1,
        },
        {
          name: 'controller_runtime_reconcile_total',
          labels: { controller: 'gpupod', result: 'error' },
          value: 0,
        },
      ]),
    );
    for (const name of ['gpupod_time_to_ready_seconds', 'gpupod_provider_limiter_wait_seconds']) {
      expect(await sum(name)).toBeGreaterThan(0);
    }
  });

  it('keeps the spending across processes', async () => {
    await scene.untilTrue('it is told what was spent', async () => (await sum('gpupod_spent_usd_total')) > 0);
    const before = await sum('gpupod_spent_usd_total');
    await scene.stopOperators();
    await scene.startOperator({
      'http-address': `127.0.0.1:${port}`,
      'leader-elect': 'true',
      'lease-name': 'metrics',
    });
    await scene.untilTrue('it leads', async () => (await sum('gpupod_leader')) === 1);
    expect(await sum('gpupod_spent_usd_total')).toBeGreaterThanOrEqual(before);
  });
});

describe('the metrics of an account', () => {
  it('come with the account, count what it rents and asks, and vanish with it', async () => {
    await createSecret(cluster.bench, scene.namespace, 'team-key', { 'api-key': 'other-key' });
    await scene.startOperator({ 'gpu-accounts': 'true', 'http-address': `127.0.0.1:${port}` });
    const head = { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuAccount', metadata: { name: 'default' } };
    const spec = { apiKeySecretRef: { name: 'team-key' }, limits: { maxInstances: 4 } };
    await scene.kubectl(['apply', '-f', '-'], JSON.stringify({ ...head, spec }));
    await scene.create('train', H100);
    await scene.untilReady('train');
    const account = `GpuAccount/${scene.namespace}/default`;
    const ofAccount = async (): Promise<readonly Series[]> =>
      (await scrape()).filter(({ labels }) => labels['account'] === account);

    const series = await ofAccount();
    expect(series).toEqual(
      expect.arrayContaining([
        { name: 'gpupod_account_ready', labels: { account, reason: 'KeyAccepted' }, value: 1 },
        { name: 'gpupod_account_instances', labels: { account }, value: 1 },
        { name: 'gpupod_account_price_usd_per_hour', labels: { account }, value: 1.9 },
        {
          name: 'gpupod_account_limit_usage_ratio',
          labels: { account, limit: 'maxInstances' },
          value: 0.25,
        },
        {
          name: 'gpupod_account_create_requests_total',
          labels: { account, outcome: 'Created' },
          value: 1,
        },
      ]),
    );
    const requests = series.filter(
      ({ name, labels }) => name === 'gpupod_account_provider_requests_total' && labels['code'] === '2xx',
    );
    expect(requests.map(({ value }) => value > 0)).toEqual([true]);

    await scene.kubectl(['delete', 'gpupod/train', 'gpuaccount/default']);
    await scene.untilTrue('nothing names the account', async () => (await ofAccount()).length === 0);
  });
});

describe('a standby', () => {
  it('is ready, and exports no GpuPod metrics, which would count twice', async () => {
    const flags = { 'leader-elect': 'true', 'lease-name': 'pair' };
    await scene.startOperator(flags);
    await scene.create('train', H100);
    await scene.untilReady('train');
    await scene.startOperator({ ...flags, 'http-address': `127.0.0.1:${port}` });
    await scene.untilTrue('it is ready', async () => (await get('/readyz')).status === 200);

    expect(JSON.parse((await get('/readyz')).text)).toEqual({
      status: 'ok',
      checks: expect.arrayContaining([{ name: 'watch', isOk: true }]),
    });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    const series = await scrape();
    expect(series).toEqual(expect.arrayContaining([{ name: 'gpupod_leader', labels: {}, value: 0 }]));
    expect(series.filter(({ name }) => name === 'gpupod_gpupods')).toEqual([]);
  });
});
