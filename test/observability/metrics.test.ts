import { describe, expect, it } from '@jest/globals';
import type { ApiTransportOptions } from '../../src/kubernetes/client/api-transport.ts';
import { Controller } from '../../src/kubernetes/controller.ts';
import type { ControllerObserver } from '../../src/kubernetes/controller.ts';
import type { ReflectorObserver } from '../../src/kubernetes/cache/reflector-options.ts';
import { ATTEMPT_OUTCOMES } from '../../src/api/gpupod/status.ts';
import { METRICS } from '../../src/observability/metric-definitions.ts';
import type { MetricDefinition } from '../../src/observability/metric-definitions.ts';
import { COOLDOWNS } from '../../src/accounts/holds/cooldowns.ts';
import { metricsReference } from '../../src/observability/metrics-reference.ts';
import type { PrimeProviderOptions } from '../../src/prime/prime-provider.ts';
import { systemClock } from '../../src/clock.ts';
import { createScene, everything } from './metrics-scene.ts';

interface Scraped {
  readonly name: string;
  readonly type: string | undefined;
  readonly help: string | undefined;
  readonly labels: readonly string[];
}

/** The metrics of a scrape without those of the process, parsed as Prometheus does. */
function scrapedMetrics(text: string): readonly Scraped[] {
  return [...text.matchAll(/^# HELP (?!process_|nodejs_)(\w+) (.*)$/gm)].map(([, name = '', help]) => {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? \\S+$`, 'gm'));
    const labels = [...samples].flatMap(([, pairs = '']) =>
      [...pairs.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    );
    return {
      name,
      help,
      type: new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(text)?.[1],
      labels: [...new Set(labels)].filter((label) => label !== 'le').toSorted(),
    };
  });
}

describe('the list of metrics', () => {
  it('has the names, types, labels and help of a scrape', async () => {
    const scraped = scrapedMetrics(await everything().metrics.scrape());

    expect(scraped).toEqual(
      Object.values(METRICS).map(({ name, type, labels, help }) => ({
        name,
        type,
        help,
        labels: [...labels].toSorted(),
      })),
    );
  });

  it.each(Object.values(METRICS))('$name follows the conventions', ({ name, type, help }) => {
    expect(name).toMatch(/^(?:gpupod|controller_runtime|workqueue|rest_client)_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|cents|micros)\b/);
    expect(help).toMatch(/\.$/);
  });

  it('has the rows of the reference', () => {
    const rows = metricsReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));

    expect(rows).toHaveLength(Object.keys(METRICS).length);
    expect(rows.every((row) => row.split('|').length === 6)).toBe(true);
  });

  it('includes the memory and the event loop lag of the process', async () => {
    const text = await createScene().metrics.scrape();

    expect(text).toContain('process_resident_memory_bytes ');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds ');
  });
});

describe('what the code records', () => {
  it.each([
    { name: 'gpupod_build_info', expected: { 'version="1.2.3"': 1 } },
    { name: 'gpupod_leader', expected: { '': 1 } },
    {
      name: 'controller_runtime_reconcile_total',
      expected: {
        'controller="gpupod",result="success"': 0,
        'controller="gpupod",result="requeue_after"': 1,
        'controller="gpupod",result="requeue"': 0,
        'controller="gpupod",result="error"': 0,
      },
    },
    { name: 'controller_runtime_reconcile_time_seconds_sum', expected: { 'controller="gpupod"': 0.3 } },
    { name: 'workqueue_depth', expected: { 'name="gpupod"': 3 } },
    { name: 'workqueue_adds_total', expected: { 'name="gpupod"': 1 } },
    { name: 'workqueue_queue_duration_seconds_sum', expected: { 'name="gpupod"': 0.2 } },
    { name: 'workqueue_work_duration_seconds_sum', expected: { 'name="gpupod"': 0.4 } },
    { name: 'workqueue_retries_total', expected: { 'name="gpupod"': 1 } },
    { name: 'rest_client_requests_total', expected: { 'code="409",method="PUT"': 1 } },
    { name: 'gpupod_watch_last_event_age_seconds', expected: { '': 1.5 } },
    { name: 'gpupod_watch_lists_total', expected: { '': 1 } },
    { name: 'gpupod_watch_ends_total', expected: { 'reason="expired"': 1 } },
    { name: 'gpupod_events_dropped_total', expected: { 'reason="rate"': 1 } },
    {
      name: 'gpupod_provider_requests_total',
      expected: {
        'endpoint="/pods/{id}",method="GET",code="404"': 1,
        'endpoint="/pods/",method="POST",code="error"': 1,
      },
    },
    {
      name: 'gpupod_provider_request_duration_seconds_sum',
      expected: { 'endpoint="/pods/{id}",method="GET"': 0.25, 'endpoint="/pods/",method="POST"': 60 },
    },
    { name: 'gpupod_provider_allowed_requests_per_second', expected: { '': 20 } },
    { name: 'gpupod_provider_limiter_tokens', expected: { '': 4 } },
    {
      name: 'gpupod_provider_limiter_waiting_requests',
      expected: { 'priority="delete"': 0, 'priority="create"': 1, 'priority="read"': 3 },
    },
    {
      name: 'gpupod_provider_limiter_wait_seconds_sum',
      expected: { 'priority="read"': 0.25, 'priority="create"': 0 },
    },
    { name: 'gpupod_duplicate_instances', expected: { '': 1 } },
    { name: 'gpupod_orphan_instances', expected: { '': 2 } },
    {
      name: 'gpupod_wallet_list_complete',
      expected: {
        'account="operator",team=""': 1,
        'account="GpuAccount/team-a/default",team="team-1"': 0,
      },
    },
    {
      name: 'gpupod_wallet_unreadable_rows',
      expected: {
        'account="operator",team=""': 3,
        'account="GpuAccount/team-a/default",team="team-1"': 0,
      },
    },
    { name: 'gpupod_cooldowns', expected: { 'reason="NoCapacity"': 2 } },
    {
      name: 'gpupod_offer_failures_total',
      expected: { 'provider="hyperstack",gpu_type="H100_80GB",reason="NoCapacity"': 1 },
    },
    { name: 'gpupod_reserved_usd_per_hour', expected: { '': 7.5 } },
    { name: 'gpupod_max_total_price_usd_per_hour', expected: { '': 50 } },
  ])('appears in $name', async ({ name, expected }) => {
    expect(await everything().read(name)).toMatchObject(expected);
  });

  it('has no series for reasons without a cooldown', async () => {
    const scene = everything();
    await scene.metrics.scrape();
    expect(await scene.read('gpupod_cooldowns')).toMatchObject({ 'reason="NoCapacity"': 2 });
    scene.cooldowns = new Map();

    expect(await scene.read('gpupod_cooldowns')).toMatchObject({ 'reason="NoCapacity"': 0 });
  });

  it('counts separately in two sets of metrics', async () => {
    everything();

    const scene = createScene();
    scene.metrics.controller('gpupod');

    expect(await scene.read('workqueue_retries_total')).toEqual({ 'name="gpupod"': 0 });
  });

  it('has a label for the controller, and starts each series at 0', async () => {
    const scene = createScene();
    const { queue, onReconciled } = scene.metrics.controller('gpupod');
    scene.metrics.controller('housekeeping');
    queue.onDepth(2);
    queue.onAdded();
    onReconciled('error', 1);

    expect(await scene.read('workqueue_depth')).toEqual({ 'name="gpupod"': 2, 'name="housekeeping"': 0 });
    expect(await scene.read('workqueue_adds_total')).toEqual({
      'name="gpupod"': 1,
      'name="housekeeping"': 0,
    });
    expect(await scene.read('controller_runtime_reconcile_total')).toMatchObject({
      'controller="gpupod",result="error"': 1,
      'controller="housekeeping",result="error"': 0,
    });
  });

  it('fits the hooks of controllers, reflector, transport and provider', async () => {
    const scene = createScene();
    const observer: ControllerObserver = scene.metrics.controller('gpupod');
    const onRequest: ApiTransportOptions['onRequest'] = scene.metrics.onApiRequest;
    onRequest({ method: 'GET', code: '200' });
    const reflectorHooks: ReflectorObserver = scene.metrics.reflector;
    const observe: NonNullable<PrimeProviderOptions['observe']> = (request) => {
      scene.metrics.onProviderRequest('operator', request);
    };
    reflectorHooks.onWatchEnded?.('idle');
    observe({ endpoint: '/pods/', method: 'GET', status: 200, durationMs: 1 });
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    };
    const controller = new Controller({
      name: 'gpupod',
      clock: systemClock,
      log,
      watches: [],
      reconcile: async () => await Promise.resolve({ kind: 'done' }),
      workers: { concurrency: 1 },
      observer,
    });
    controller.enqueue('ml/train-1');
    controller.start();
    await controller.stop();

    expect(await scene.read('workqueue_work_duration_seconds_count')).toEqual({ 'name="gpupod"': 1 });
    expect(await scene.read('controller_runtime_reconcile_total')).toMatchObject({
      'controller="gpupod",result="success"': 1,
    });
    expect(await scene.read('rest_client_requests_total')).toEqual({ 'code="200",method="GET"': 1 });
  });
});

describe('label values that are known in advance', () => {
  it.each([
    { name: 'gpupod_cooldowns', values: Object.keys(COOLDOWNS) },
    { name: 'gpupod_attempts_total', values: ATTEMPT_OUTCOMES },
  ])('of $name are those of the code', ({ name, values }) => {
    const metric = Object.values<MetricDefinition>(METRICS).find((one) => one.name === name);
    expect(metric?.values).toEqual(values);
  });

  it('exist before anything happens, because an alert must find them', async () => {
    const scene = createScene();
    for (const { name, values, labels, type } of Object.values<MetricDefinition>(METRICS)) {
      if (values === undefined) continue;
      const series = await scene.read(type === 'histogram' ? `${name}_count` : name);
      expect(Object.keys(series).toSorted()).toEqual(
        values.map((value) => `${String(labels[0])}="${value}"`).toSorted(),
      );
    }
  });
});

describe('the metrics of offers', () => {
  it('show the count and the cheapest price per GPU of the last answer', async () => {
    const { metrics, read } = createScene();
    metrics.onOffers('H100_80GB', [{ gpuCount: 1, usdPerHour: 1 }], 0);
    metrics.onOffers(
      'H100_80GB',
      [
        { gpuCount: 8, usdPerHour: 16 },
        { gpuCount: 1, usdPerHour: 2.5 },
      ],
      3,
    );

    expect(await read('gpupod_offer_rows_skipped')).toEqual({ 'gpu_type="H100_80GB"': 3 });
    expect(await read('gpupod_offers')).toEqual({ 'gpu_type="H100_80GB"': 2 });
    expect(await read('gpupod_offer_min_price_usd_per_gpu_hour')).toEqual({ 'gpu_type="H100_80GB"': 2 });
  });

  it('show no price without an offer', async () => {
    const { metrics, read } = createScene();
    metrics.onOffers('H100_80GB', [{ gpuCount: 1, usdPerHour: 1 }], 0);
    metrics.onOffers('H100_80GB', [], 0);

    expect(await read('gpupod_offers')).toEqual({ 'gpu_type="H100_80GB"': 0 });
    expect(await read('gpupod_offer_min_price_usd_per_gpu_hour')).toEqual({});
  });

  it('have no series of a type that nobody offers', async () => {
    const { metrics, read } = createScene();
    metrics.onOffers('H100-80GB', [], 0);

    expect(await read('gpupod_offers')).toEqual({ 'gpu_type="other"': 0 });
  });

  it('have few series of failures, whatever the provider calls its offers', async () => {
    const { metrics, read } = createScene();
    for (let number = 0; number < 300; number += 1) {
      metrics.onOfferFailed({ provider: `p${number}`, gpuType: 'A', reason: 'NoCapacity' });
      metrics.onOfferFailed({ provider: 'p0', gpuType: `G${number}`, reason: 'NoCapacity' });
    }

    // 100 upstream providers, 100 GPU types, and "other" of both; the first pair is the same.
    expect(Object.keys(await read('gpupod_offer_failures_total'))).toHaveLength(201);
  });

  it('have few series, whatever types people ask for', async () => {
    const { metrics, read } = createScene();
    for (let number = 0; number < 1_000; number += 1) {
      metrics.onOffers(`GPU_${number}`, [{ gpuCount: 1, usdPerHour: 1 }], 0);
      metrics.onOffers(`TYPO_${number}`, [], 0);
    }

    expect(Object.keys(await read('gpupod_offers'))).toHaveLength(101);
  });
});
