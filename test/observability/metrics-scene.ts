import type { AccountSample } from '../../src/observability/account-sample.ts';
import type { GpuPodSample, InstanceSample } from '../../src/observability/gpu-pod-sample.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Metrics } from '../../src/observability/metrics.ts';

export const START_MS = Date.UTC(2030, 0, 1);
export const HOUR_MS = 3_600_000;
export const TEAM_ACCOUNT = 'GpuAccount/team-a/default';

/** Metrics of GpuPods that a test changes. */
export interface Scene {
  readonly metrics: Metrics;
  gpuPods: readonly GpuPodSample[];
  cooldowns: ReadonlyMap<string, number>;
  accounts: readonly AccountSample[];
  totalLimit: number | undefined;
  nowMs: number;
  /** How often the metrics read all GpuPods, and the sums over them. */
  gpuPodsRead: number;
  sumsRead: number;
  /** The series of one metric, from labels (as text) to value. */
  readonly read: (name: string) => Promise<Readonly<Record<string, number>>>;
}

export function createScene(): Scene {
  const scene: Scene = {
    metrics: createMetrics({
      clock: { nowMs: () => scene.nowMs },
      version: '1.2.3',
      sources: {
        gpuPods: () => {
          scene.gpuPodsRead += 1;
          return scene.gpuPods;
        },
        sums: () => {
          scene.sumsRead += 1;
          return {
            reservedUsdPerHour: 7.5,
            unownedUsdPerHour: new Map([['retained', 1.5]]),
            accounts: scene.accounts,
          };
        },
        totalLimit: () => scene.totalLimit,
        cooldowns: () => scene.cooldowns,
        limiter: () => ({ requestsPerSecond: 20, tokens: 4, waiting: { delete: 0, create: 1, read: 3 } }),
        watchAgeMs: () => 1_500,
      },
    }),
    gpuPods: [],
    cooldowns: new Map(),
    accounts: [],
    totalLimit: undefined,
    nowMs: START_MS,
    gpuPodsRead: 0,
    sumsRead: 0,
    read: async (name) => parseSeries(await scene.metrics.scrape(), name),
  };
  return scene;
}

export function gpuPod(fields: Partial<GpuPodSample> = {}): GpuPodSample {
  return {
    uid: 'uid-1',
    namespace: 'ml',
    phase: 'Ready',
    provider: 'hyperstack',
    gpuType: 'H100_80GB',
    hasOpenIntent: false,
    isExpiring: false,
    isUnreachable: false,
    endedAttempts: [],
    ...fields,
  };
}

/** A sound account of a team. */
export function account(fields: Partial<AccountSample> = {}): AccountSample {
  return {
    account: TEAM_ACCOUNT,
    isReady: true,
    reason: 'KeyAccepted',
    isSuspended: false,
    refused: new Set(),
    limitUsage: new Map(),
    waiting: new Map(),
    ...fields,
  };
}

/** An instance for 2 USD an hour since the start. */
export function instance(fields: Partial<InstanceSample> = {}): InstanceSample {
  return { account: 'operator', gpus: 1, attempt: 1, usdPerHour: 2, billedSinceMs: START_MS, ...fields };
}

/** A leader with these accounts and GpuPods. */
export function leading(fields: Partial<Pick<Scene, 'accounts' | 'gpuPods'>> = {}): Scene {
  const scene = createScene();
  scene.metrics.setLeading(true);
  return Object.assign(scene, fields);
}

/** Makes everything happen once, so that each metric has a series. */
export function everything(): Scene {
  const scene = createScene();
  const { metrics } = scene;
  metrics.setLeading(true);
  scene.gpuPods = [
    gpuPod({
      instance: instance({ attempt: 2, readyAfterMs: 90_000 }),
      endedAttempts: [{ attempt: 1, outcome: 'Failed', costUsd: 0.5 }],
    }),
  ];
  scene.cooldowns = new Map([['NoCapacity', 2]]);
  scene.accounts = [
    account({
      account: 'operator',
      isReady: false,
      reason: 'Unauthorized',
      refused: new Set(['Unauthorized']),
    }),
    account({
      isSuspended: true,
      limitUsage: new Map([['maxGpus', 0.5]]),
      waiting: new Map([['AccountSuspended', 2]]),
      refused: new Set(['PaymentRequired', 'RateLimited']),
    }),
  ];
  scene.totalLimit = 50;
  const { queue, onReconciled } = metrics.controller('gpupod');
  queue.onDepth(3);
  queue.onAdded();
  queue.onStarted(0.2);
  queue.onFinished(0.4);
  queue.onRetry();
  onReconciled('requeue_after', 0.3);
  metrics.onApiRequest({ method: 'PUT', code: '409' });
  metrics.reflector.onListed(7);
  metrics.reflector.onWatchEnded('expired');
  metrics.onListed({ account: 'operator', wallet: undefined, nameless: ['a'], unidentified: 2 });
  metrics.onListed({ account: TEAM_ACCOUNT, wallet: 'team-1', failure: {}, nameless: [], unidentified: 0 });
  metrics.onSwept({ duplicates: 1, orphans: 2 });
  metrics.onProviderRequest('operator', {
    endpoint: '/pods/{id}',
    method: 'GET',
    status: 404,
    durationMs: 250,
  });
  metrics.onProviderRequest('operator', {
    endpoint: '/pods/',
    method: 'POST',
    status: 'error',
    durationMs: 60_000,
  });
  metrics.onProviderRequest('operator', { endpoint: '/pods/', method: 'GET', status: 429, durationMs: 50 });
  metrics.onCreateAnswered('operator', 'created');
  metrics.onOfferFailed({ provider: 'hyperstack', gpuType: 'H100_80GB', reason: 'NoCapacity' });
  metrics.onEventDropped('rate');
  metrics.onLimiterTurn('read', 250);
  metrics.onOffers('H100_80GB', [{ gpuCount: 1, usdPerHour: 2.5 }], 0);
  return scene;
}

function parseSeries(text: string, name: string): Record<string, number> {
  const series: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] === name) {
      series[match[2] ?? ''] = Number(match[3]?.replace('Inf', 'Infinity'));
    }
  }
  return series;
}
