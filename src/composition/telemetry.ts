import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { OPERATOR_VERSION } from '../config/version.ts';
import type { WatchHealth } from '../kubernetes/manager.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Runnable } from '../kubernetes/runnable.ts';
import type { HealthCheck, HealthChecks, HealthReading } from '../observability/health.ts';
import { startHttpServer } from '../observability/http-server.ts';
import type { Logger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { LimiterSample, Metrics, SumsSample } from '../observability/metrics.ts';
import { sampleGpuPods } from './samples.ts';

/** The sources of metrics and health checks. They exist later than the recorders. */
export interface Observed {
  readonly gpuPods: () => readonly KubernetesObject[];
  readonly cooldowns: () => ReadonlyMap<string, number>;
  readonly sums: () => SumsSample;
  readonly totalLimit: () => number | undefined;
  readonly limiter: () => LimiterSample;
  readonly watchAgeMs: () => number;
  readonly watchHealth: (maxAgeMs: number) => WatchHealth;
  /** Whether the watched namespaces exist. */
  readonly namespaceHealth: () => HealthReading;
  /** Why this process cannot reconcile although it leads. */
  readonly installationProblem: () => string | undefined;
  /** What is wrong with the CRD in the cluster. */
  readonly crdProblem: () => string | undefined;
  /** Why this process can neither lead nor stand by. */
  readonly leaseProblem: () => string | undefined;
}

export interface Telemetry {
  readonly metrics: Metrics;
  /** Reads these sources from now on. Some exist only on the leader, and come later. */
  observe(observed: Partial<Observed>): void;
}

const NOTHING: Observed = {
  gpuPods: () => [],
  cooldowns: () => new Map(),
  sums: () => ({ reservedUsdPerHour: 0, unownedUsdPerHour: new Map(), accounts: [] }),
  totalLimit: () => undefined,
  limiter: () => ({ requestsPerSecond: 0, tokens: 0, waiting: {} }),
  watchAgeMs: () => Infinity,
  watchHealth: () => ({ isServing: false, failing: [] }),
  namespaceHealth: () => ({ isOk: true }),
  installationProblem: () => undefined,
  crdProblem: () => undefined,
  leaseProblem: () => undefined,
};

/** A process is not ready if its copy of the cluster was not known to be current for this long. */
const MAX_WATCH_AGE_MS = 600_000;

export function createTelemetry(clock: Clock): Telemetry & { readonly checks: HealthChecks } {
  let observed = NOTHING;
  const metrics = createMetrics({
    clock,
    version: OPERATOR_VERSION,
    sources: {
      gpuPods: () => sampleGpuPods(observed.gpuPods()),
      cooldowns: () => observed.cooldowns(),
      sums: () => observed.sums(),
      totalLimit: () => observed.totalLimit(),
      limiter: () => observed.limiter(),
      watchAgeMs: () => observed.watchAgeMs(),
    },
  });
  const watch = { name: 'watch', read: () => readWatches(observed.watchHealth(MAX_WATCH_AGE_MS)) };
  const namespaces = { name: 'namespaces', read: () => observed.namespaceHealth() };
  const installation = checkOf('installation', () => observed.installationProblem());
  const crd = checkOf('crd', () => observed.crdProblem());
  const lease = checkOf('lease', () => observed.leaseProblem());
  return {
    metrics,
    // Any answer proves that the event loop runs. A restart does not fix Kubernetes or the provider.
    checks: { live: [], ready: [watch, namespaces, installation, crd, lease] },
    observe: (what) => {
      observed = { ...observed, ...what };
    },
  };
}

const NOT_WATCHED = 'GpuPods have not been listed yet, or not watched for a while';

/** A namespace that cannot be watched is named, but only failures in all of them make the process not ready. */
function readWatches({ isServing, failing }: WatchHealth): HealthReading {
  const named = failing.map(({ namespace, problem = NOT_WATCHED }) =>
    namespace === undefined ? problem : `namespace ${namespace}: ${problem}`,
  );
  const messages = isServing || named.length > 0 ? named : [NOT_WATCHED];
  return { isOk: isServing, ...(messages.length === 0 ? {} : { message: messages.join('; ') }) };
}

/** A check that fails while there is a problem to report. */
function checkOf(name: string, problem: () => string | undefined): HealthCheck {
  return {
    name,
    read: () => {
      const message = problem();
      return message === undefined ? { isOk: true } : { isOk: false, message };
    },
  };
}

/** Serves health and metrics, if the settings enable them. */
export function telemetryServer(
  config: Config,
  { checks, metrics }: Telemetry & { readonly checks: HealthChecks },
  log: Logger,
): Runnable {
  const address = config.process.http;
  let close = async (): Promise<void> => {
    await Promise.resolve();
  };
  return {
    start: async () => {
      const server = address && (await startHttpServer({ ...address, checks, metrics, log }));
      if (server?.kind === 'unavailable') {
        log.warn({ problem: server.message }, 'health and metrics are not served; everything else works');
      }
      if (server?.kind === 'listening') {
        close = async () => {
          await server.close();
        };
      }
    },
    stop: async () => {
      await close();
    },
  };
}
