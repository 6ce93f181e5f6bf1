import { collectDefaultMetrics, Registry } from '@prometheus-io/client';
import type { PrometheusContentType } from '@prometheus-io/client';
import type { Clock } from '../clock.ts';
import { AccountMetrics } from './account-metrics.ts';
import type { WalletListed } from './wallet-metrics.ts';
import type { AccountSample } from './account-sample.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import type { LedgerNews } from './attempt-ledger.ts';
import {
  clearGpuPodMetrics,
  refreshGpuPodMetrics,
  showAmounts,
  showUnowned,
  countNews,
} from './gpu-pod-metrics.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { MetricsSource } from './http-server.ts';
import { recordController } from './controller-metrics.ts';
import type { ControllerRecorder } from './controller-metrics.ts';
import { createInstruments, showKnownValues } from './instruments.ts';
import type { Instruments } from './instruments.ts';
import { createFailureRecorder, createOfferRecorder } from './offer-metrics.ts';
import type { OfferFailure, OfferSample } from './offer-metrics.ts';
import { METRICS } from './metric-definitions.ts';
import { SpendingRecord } from './spending-record.ts';

/** What each scrape reads. All functions are synchronous and must be cheap. */
export interface MetricSources {
  /** All GpuPods. Called only on the leader. */
  readonly gpuPods: () => readonly GpuPodSample[];
  /** Offers in a cooldown, by reason. */
  readonly cooldowns: () => ReadonlyMap<string, number>;
  /** What all instances cost. A scrape calls it once, and only on the leader. */
  readonly sums: () => SumsSample;
  /** The limit on all instances in USD per hour. */
  readonly totalLimit: () => number | undefined;
  readonly limiter: () => LimiterSample;
  /** Time since the last event or bookmark of the watch, infinite before the first. */
  readonly watchAgeMs: () => number;
}

/** Sums over all instances, in USD per hour. */
export interface SumsSample {
  /** What counts towards the limit on all instances; 0 before the first complete list. */
  readonly reservedUsdPerHour: number;
  /** Instances that bill and belong to no GpuPod, by kind. */
  readonly unownedUsdPerHour: ReadonlyMap<string, number>;
  /** The accounts that exist. */
  readonly accounts: readonly AccountSample[];
}

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly version: string;
  readonly sources: MetricSources;
}

/** The state of the provider's limiter. */
export interface LimiterSample {
  /** The rate that it allows now. */
  readonly requestsPerSecond: number;
  /** Requests that it would allow at once. */
  readonly tokens: number;
  /** Waiting requests by priority. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** State that must outlive the process, as a text that only this part interprets. */
export interface DurableRecord {
  /** Receives what an earlier process wrote last, or undefined. Call it before `setLeading(true)`. */
  readonly onTaken: (text: string | undefined) => void;
  /** The text to write next, or undefined for nothing. */
  readonly next: () => string | undefined;
  /** Confirms that this text was written. */
  readonly onWritten: (text: string) => void;
}

/** Receives events of all parts. All functions are bound, can be passed on, and never throw. */
export interface Metrics extends MetricsSource {
  /** Creates the series of a controller with this name. The result is compatible with `ControllerObserver`. */
  readonly controller: (name: string) => ControllerRecorder;
  /** Compatible with `onRequest` of `ApiTransport`. */
  readonly onApiRequest: (request: { readonly method: string; readonly code: string }) => void;
  /** Compatible with `ReflectorObserver`. */
  readonly reflector: {
    readonly onListed: (objects: number) => void;
    readonly onWatchEnded: (reason: string) => void;
  };
  /** Compatible with `onTurn` of `createRateLimiter`. */
  readonly onLimiterTurn: (priority: string, waitedMs: number) => void;
  /** The money spent. If nobody stores it, the counter restarts in each process. */
  readonly spentRecord: DurableRecord;
  /** Compatible with `onListed` of the controller. */
  readonly onListed: (report: WalletListed) => void;
  readonly onSwept: (counts: { readonly duplicates: number; readonly orphans: number }) => void;
  /** A probe of an SSH server ended. Compatible with `GpuPodObserver`. */
  readonly onProbed: (
    answer: { readonly kind: 'answered' } | { readonly kind: 'failed'; readonly reason: string },
  ) => void;
  /** A create request was refused, or its instance failed. Compatible with `GpuPodObserver`. */
  readonly onOfferFailed: (failure: OfferFailure) => void;
  /** A create request of this account was answered. Compatible with `GpuPodObserver`. */
  readonly onCreateAnswered: (account: string, kind: 'created' | 'refused' | 'unknown') => void;
  /** A request with the key of this account was answered. */
  readonly onProviderRequest: (account: string, request: ProviderRequest) => void;
  /** Compatible with `onDropped` of `EventRecorder`. */
  readonly onEventDropped: (reason: string) => void;
  /** All offers of one answer for this GPU type, and the number of rows that cannot be read. */
  readonly onOffers: (gpuType: string, offers: readonly OfferSample[], skippedRows: number) => void;
  /**
   * Call it with true once this process leads and has read all GpuPods. An earlier leader counted their cost
   * until then.
   */
  readonly setLeading: (isLeading: boolean) => void;
}

/** `endpoint` is a fixed text such as `/pods/{id}`. */
export interface ProviderRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly status: number | 'error';
  readonly durationMs: number;
}

const MS_PER_SECOND = 1_000;
/** The maximum age of the data that is written down. */
const MAX_RECORD_AGE_MS = 10_000;

/** Metrics of one operator process, in a registry of their own. */
export function createMetrics({ clock, version, sources }: MetricsOptions): Metrics {
  const registry = new Registry<PrometheusContentType>();
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  const ledger = new AttemptLedger();
  const spending = new SpendingRecord();
  const ofAccounts = new AccountMetrics(instruments);
  let isLeading = false;
  instruments.buildInfo.set({ version }, 1);
  showKnownValues(instruments);

  function read(gpuPods = sources.gpuPods()): LedgerNews {
    const nowMs = clock.nowMs();
    const news = ledger.read(gpuPods, nowMs);
    spending.sampledAt(nowMs);
    countNews(instruments, spending, news);
    return news;
  }

  async function scrape(): Promise<string> {
    refreshSources(instruments, sources);
    if (isLeading) {
      const gpuPods = sources.gpuPods();
      const { reservedUsdPerHour, unownedUsdPerHour, accounts } = sources.sums();
      ofAccounts.refresh(accounts, gpuPods);
      refreshGpuPodMetrics(instruments, gpuPods, clock.nowMs());
      instruments.reserved.set(reservedUsdPerHour);
      showUnowned(instruments, unownedUsdPerHour);
      showAmounts(instruments, spending, read(gpuPods));
    } else {
      clearGpuPodMetrics(instruments);
      ofAccounts.clear();
    }
    return await registry.metrics();
  }

  return {
    ...createRecorders(instruments, ofAccounts),
    contentType: registry.contentType,
    scrape,
    setLeading: (isLeadingNow) => {
      isLeading = isLeadingNow;
      instruments.leader.set(isLeadingNow ? 1 : 0);
      if (isLeadingNow) {
        // The result is ignored: it happened before the last record, or before the first one.
        const nowMs = clock.nowMs();
        ledger.read(sources.gpuPods(), Math.min(nowMs, spending.recordedAtMs ?? nowMs));
      }
    },
    spentRecord: {
      onTaken: (text) => {
        spending.open(text);
      },
      next: () => {
        const isOld = clock.nowMs() - (spending.recordedAtMs ?? -Infinity) >= MAX_RECORD_AGE_MS;
        if (isLeading && isOld) {
          read();
        }
        return spending.record();
      },
      onWritten: (text) => {
        spending.recorded(text);
      },
    },
  };
}

type Recorders = Omit<Metrics, 'contentType' | 'scrape' | 'setLeading' | 'spentRecord'>;

function createRecorders(instruments: Instruments, ofAccounts: AccountMetrics): Recorders {
  return {
    controller: (name) => recordController(instruments, name),
    onApiRequest: ({ method, code }) => instruments.apiRequests.inc({ code, method }),
    reflector: {
      onListed: () => instruments.watchLists.inc(),
      onWatchEnded: (reason) => instruments.watchEnds.inc({ reason }),
    },
    onListed: (report) => {
      ofAccounts.onListed(report);
    },
    onCreateAnswered: (account, kind) => {
      ofAccounts.onCreate(account, kind);
    },
    onSwept: ({ duplicates, orphans }) => {
      instruments.duplicates.set(duplicates);
      instruments.orphans.set(orphans);
    },
    onProbed: (answer) =>
      instruments.sshProbes.inc({ result: answer.kind === 'failed' ? answer.reason : 'Answered' }),
    onOfferFailed: createFailureRecorder(instruments),
    onProviderRequest: (account, { endpoint, method, status, durationMs }) => {
      ofAccounts.onRequest(account, status);
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
  instruments.totalLimit.set(sources.totalLimit() ?? 0);
  const cooldowns = sources.cooldowns();
  for (const reason of METRICS.cooldowns.values) {
    instruments.cooldowns.set({ reason }, cooldowns.get(reason) ?? 0);
  }
}
