import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { PrometheusContentType } from '@prometheus-io/client';
import type { Clock } from '../clock.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import type { LedgerNews } from './attempt-ledger.ts';
import {
  clearGpuPodMetrics,
  refreshGpuPodMetrics,
  showAmounts,
  showUnowned,
  tellNews,
} from './gpu-pod-metrics.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { MetricsSource } from './http-server.ts';
import { createInstruments, showKnownValues } from './instruments.ts';
import type { Instruments } from './instruments.ts';
import { createOfferRecorder } from './offer-metrics.ts';
import type { OfferSample } from './offer-metrics.ts';
import { METRICS } from './metric-definitions.ts';
import { SpentBook } from './spent-book.ts';

/** What is asked for at each scrape; each is called synchronously and must be cheap. */
export interface MetricSources {
  /** All GpuPods; called only on the leader. */
  readonly gpuPods: () => readonly GpuPodSample[];
  /** Offers that are cooling down, by reason. */
  readonly cooldowns: () => ReadonlyMap<string, number>;
  /** USD an hour of instances that bill and belong to no GpuPod, by why; asked for only on the leader. */
  readonly unowned: () => ReadonlyMap<string, number>;
  readonly limiter: () => LimiterSample;
  /** Age of the last sign of life of the watch; infinite before the first. */
  readonly watchAgeMs: () => number;
}

/** How the list of one wallet went; fits `WalletReport`. */
export interface WalletListed {
  readonly wallet: string | undefined;
  readonly failure?: unknown;
  readonly nameless: readonly string[];
  readonly unidentified: number;
}

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly version: string;
  readonly sources: MetricSources;
}

/** How the provider's limiter stands. */
export interface LimiterSample {
  /** What it lets through at present. */
  readonly requestsPerSecond: number;
  /** What it would let through at once. */
  readonly tokens: number;
  /** Requests that wait, by priority. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** What must outlive the process; text that only this part understands. */
export interface DurableRecord {
  /** What an earlier process wrote last, or undefined. Call it before `setLeading(true)`. */
  readonly onTaken: (text: string | undefined) => void;
  /** What to write next; undefined: nothing. */
  readonly next: () => string | undefined;
  /** This was written. */
  readonly onWritten: (text: string) => void;
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
  /** Fits `onTurn` of `createRateLimiter`. */
  readonly onLimiterTurn: (priority: string, waitedMs: number) => void;
  /** The money that was spent. Where nobody keeps it, the counter begins anew in each process. */
  readonly spentRecord: DurableRecord;
  readonly onReconciled: (result: string, seconds: number) => void;
  /** Fits `onListed` of the controller. */
  readonly onListed: (report: WalletListed) => void;
  readonly onSwept: (counts: { readonly duplicates: number; readonly orphans: number }) => void;
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
/** How old a look at all GpuPods may be in what is written down. */
const LOOK_EVERY_MS = 10_000;

/** Metrics of one operator process, in a registry of their own. */
export function createMetrics({ clock, version, sources }: MetricsOptions): Metrics {
  const registry = new Registry<PrometheusContentType>();
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  const ledger = new AttemptLedger();
  const book = new SpentBook();
  let isLeading = false;
  instruments.buildInfo.set({ version }, 1);
  showKnownValues(instruments);

  function read(): LedgerNews {
    const nowMs = clock.nowMs();
    const news = ledger.read(sources.gpuPods(), nowMs);
    book.sampledAt(nowMs);
    tellNews(instruments, book, news);
    return news;
  }

  async function scrape(): Promise<string> {
    refreshSources(instruments, sources);
    if (isLeading) {
      refreshGpuPodMetrics(instruments, sources.gpuPods());
      showUnowned(instruments, sources.unowned());
      showAmounts(instruments, book, read());
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
        // What it tells is thrown away: it happened before the last record, or before anybody kept one.
        const nowMs = clock.nowMs();
        ledger.read(sources.gpuPods(), Math.min(nowMs, book.recordedAtMs ?? nowMs));
      }
    },
    spentRecord: {
      onTaken: (text) => {
        book.open(text);
      },
      next: () => {
        const isOld = clock.nowMs() - (book.recordedAtMs ?? -Infinity) >= LOOK_EVERY_MS;
        if (isLeading && isOld) read();
        return book.record();
      },
      onWritten: (text) => {
        book.recorded(text);
      },
    },
  };
}

type Recorders = Omit<Metrics, 'contentType' | 'scrape' | 'setLeading' | 'spentRecord'>;

function createRecorders(instruments: Instruments): Recorders {
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
    onListed: ({ wallet: team = '', failure, nameless, unidentified }) => {
      instruments.listsComplete.set({ team }, failure === undefined ? 1 : 0);
      instruments.unreadableRows.set({ team }, nameless.length + unidentified);
    },
    onSwept: ({ duplicates, orphans }) => {
      instruments.duplicates.set(duplicates);
      instruments.orphans.set(orphans);
    },
    onProviderRequest: ({ endpoint, method, status, durationMs }) => {
      instruments.providerRequests.inc({ endpoint, method, code: String(status) });
      instruments.providerDuration.observe({ endpoint, method }, durationMs / MS_PER_SECOND);
    },
    onLimiterTurn: (priority, waitedMs) => {
      instruments.limiterWait.observe({ priority }, waitedMs / MS_PER_SECOND);
    },
    onEventDropped: (reason) => instruments.eventsDropped.inc({ reason }),
    onOffers: createOfferRecorder(instruments),
  };
}

function refreshSources(instruments: Instruments, sources: MetricSources): void {
  const { requestsPerSecond, tokens, waiting } = sources.limiter();
  instruments.providerRate.set(requestsPerSecond);
  instruments.limiterTokens.set(tokens);
  for (const [priority, count] of Object.entries(waiting)) {
    instruments.limiterWaiting.set({ priority }, count);
  }
  instruments.watchAge.set(sources.watchAgeMs() / MS_PER_SECOND);
  const cooldowns = sources.cooldowns();
  for (const reason of METRICS.cooldowns.values) {
    instruments.cooldowns.set({ reason }, cooldowns.get(reason) ?? 0);
  }
}
