import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { PrometheusContentType } from '@prometheus-io/client';
import type { Clock } from '../clock.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import { clearGpuPodMetrics, refreshGpuPodMetrics } from './gpu-pod-metrics.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { MetricsSource } from './http-server.ts';
import { createInstruments } from './instruments.ts';
import type { Instruments } from './instruments.ts';
import { createOfferRecorder } from './offer-metrics.ts';
import type { OfferSample } from './offer-metrics.ts';

/** What is asked for at each scrape; each is called synchronously and must be cheap. */
export interface MetricSources {
  /** All GpuPods; called only on the leader. */
  readonly gpuPods: () => readonly GpuPodSample[];
  /** Offers that are cooling down, by reason. */
  readonly coolDowns: () => ReadonlyMap<string, number>;
  /** What the provider's limiter lets through. */
  readonly requestsPerSecond: () => number;
  /** Age of the last sign of life of the watch; infinite before the first. */
  readonly watchAgeMs: () => number;
}

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly version: string;
  readonly sources: MetricSources;
}

/** Told what happens. All are bound: they can be handed on as they are, and never throw. */
export interface Metrics extends MetricsSource {
  /** Fits `WorkQueueObserver`. */
  readonly queue: {
    readonly onDepth: (depth: number) => void;
    readonly onStarted: (waitSeconds: number) => void;
    readonly onFinished: (workSeconds: number) => void;
    readonly onRetry: () => void;
  };
  /** Fits `ReflectorObserver`. */
  readonly reflector: {
    readonly onListed: (objects: number) => void;
    readonly onWatchEnded: (reason: string) => void;
  };
  readonly onReconciled: (result: string, seconds: number) => void;
  readonly onSwept: (counts: { readonly strays: number; readonly orphans: number }) => void;
  /** Fits `observe` of `createPrimeProvider`. */
  readonly onProviderRequest: (request: ProviderRequest) => void;
  /** Fits `onDropped` of `EventRecorder`. */
  readonly onEventDropped: (reason: string) => void;
  /** All offers of one answer for this GPU type, and how many rows of it could not be read. */
  readonly onOffers: (gpuType: string, offers: readonly OfferSample[], skippedRows: number) => void;
  /** Call it with true once this process leads and knows all GpuPods: what they cost until then was told by another. */
  readonly setLeading: (isLeading: boolean) => void;
}

/** `endpoint` is a fixed text, `/pods/{id}`. */
export interface ProviderRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly status: number | 'error';
  readonly durationMs: number;
}

const MS_PER_SECOND = 1_000;
/** Results that alerts are built on: they are there as 0 before they first happen. */
const RECONCILE_RESULTS = ['done', 'retry', 'error'];

/** Metrics of one operator process, in a registry of their own. */
export function createMetrics({ clock, version, sources }: MetricsOptions): Metrics {
  const registry = new Registry<PrometheusContentType>();
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  const ledger = new AttemptLedger();
  let isLeading = false;
  instruments.buildInfo.set({ version }, 1);
  for (const result of RECONCILE_RESULTS) {
    instruments.reconciles.inc({ result }, 0);
  }

  async function scrape(): Promise<string> {
    refreshSources(instruments, sources);
    if (isLeading) {
      refreshGpuPodMetrics(instruments, ledger, sources.gpuPods(), clock.nowMs());
    } else {
      clearGpuPodMetrics(instruments);
    }
    return await registry.metrics();
  }

  return {
    ...createRecorders(instruments),
    contentType: registry.contentType,
    scrape,
    setLeading: (isLeadingNow) => {
      isLeading = isLeadingNow;
      instruments.leader.set(isLeadingNow ? 1 : 0);
      if (isLeadingNow) {
        // What it tells is thrown away: it happened before.
        ledger.look(sources.gpuPods(), clock.nowMs());
      }
    },
  };
}

function createRecorders(instruments: Instruments): Omit<Metrics, 'contentType' | 'scrape' | 'setLeading'> {
  return {
    queue: {
      onDepth: (depth) => instruments.queueDepth.set(depth),
      onStarted: (waitSeconds) => instruments.queueWait.observe(waitSeconds),
      onFinished: (workSeconds) => instruments.queueWork.observe(workSeconds),
      onRetry: () => instruments.queueRetries.inc(),
    },
    reflector: {
      onListed: () => instruments.watchLists.inc(),
      onWatchEnded: (reason) => instruments.watchEnds.inc({ reason }),
    },
    onReconciled: (result, seconds) => {
      instruments.reconciles.inc({ result });
      instruments.reconcileDuration.observe(seconds);
    },
    onSwept: ({ strays, orphans }) => {
      instruments.strays.set(strays);
      instruments.orphans.set(orphans);
    },
    onProviderRequest: ({ endpoint, method, status, durationMs }) => {
      instruments.providerRequests.inc({ endpoint, method, code: String(status) });
      instruments.providerDuration.observe({ endpoint, method }, durationMs / MS_PER_SECOND);
    },
    onEventDropped: (reason) => instruments.eventsDropped.inc({ reason }),
    onOffers: createOfferRecorder(instruments),
  };
}

function refreshSources(instruments: Instruments, sources: MetricSources): void {
  instruments.providerRate.set(sources.requestsPerSecond());
  instruments.watchAge.set(sources.watchAgeMs() / MS_PER_SECOND);
  instruments.coolDowns.reset();
  for (const [reason, count] of sources.coolDowns()) {
    instruments.coolDowns.set({ reason }, count);
  }
}
