import type { LedgerNews } from './attempt-ledger.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { Instruments } from './instruments.ts';
import { METRICS } from './metric-definitions.ts';
import type { SpentBook } from './spent-book.ts';

const NONE = 'none';
const MS_PER_SECOND = 1_000;

type GpuPodInstruments = Pick<
  Instruments,
  | 'gpuPods'
  | 'pricePerHour'
  | 'livingCost'
  | 'openIntents'
  | 'unownedPrice'
  | 'spent'
  | 'attempts'
  | 'timeToReady'
>;

/** Computes the gauges from the current state of all GpuPods. */
export function refreshGpuPodMetrics(instruments: GpuPodInstruments, samples: readonly GpuPodSample[]): void {
  clearGpuPodMetrics(instruments);
  countGpuPods(instruments, samples);
  const usdPerHour = new Map<string, number>();
  for (const { namespace, instance, hasOpenIntent } of samples) {
    usdPerHour.set(namespace, (usdPerHour.get(namespace) ?? 0) + (instance?.usdPerHour ?? 0));
    instruments.openIntents.inc(hasOpenIntent ? 1 : 0);
  }
  for (const [namespace, usd] of usdPerHour) {
    instruments.pricePerHour.set({ namespace }, usd);
  }
}

/** Counts what happened since the last read. */
export function countNews(instruments: GpuPodInstruments, book: SpentBook, news: LedgerNews): void {
  for (const [namespace, usd] of news.spentUsd) {
    book.add(namespace, usd);
  }
  for (const outcome of news.outcomes) {
    instruments.attempts.inc({ outcome });
  }
  for (const readyAfterMs of news.readyAfterMs) {
    instruments.timeToReady.observe(readyAfterMs / MS_PER_SECOND);
  }
}

/** Sets the cost so far and the recorded spending. */
export function showAmounts(instruments: GpuPodInstruments, book: SpentBook, news: LedgerNews): void {
  for (const [namespace, usd] of news.livingUsd) {
    instruments.livingCost.set({ namespace }, usd);
  }
  for (const [namespace, usd] of book.shown()) {
    instruments.spent.inc({ namespace }, usd);
  }
}

/** Sets the hourly price of instances that bill and belong to no GpuPod, by kind. */
export function showUnowned(
  { unownedPrice }: Pick<Instruments, 'unownedPrice'>,
  usdPerHour: ReadonlyMap<string, number>,
): void {
  for (const kind of METRICS.unownedPrice.values) {
    unownedPrice.set({ kind }, usdPerHour.get(kind) ?? 0);
  }
}

/** A standby shows no metrics of GpuPods, because Prometheus would add up those of two processes. */
export function clearGpuPodMetrics(instruments: GpuPodInstruments): void {
  for (const key of ['gpuPods', 'pricePerHour', 'livingCost', 'openIntents', 'spent'] as const) {
    instruments[key].reset();
  }
  showUnowned(instruments, new Map());
}

/** Groups first, because an update of a series takes the library longer than the grouping of a GpuPod. */
function countGpuPods({ gpuPods }: GpuPodInstruments, samples: readonly GpuPodSample[]): void {
  const groups = Map.groupBy(samples, ({ namespace, phase, provider, gpuType }) =>
    JSON.stringify([namespace, phase, provider, gpuType]),
  );
  for (const group of groups.values()) {
    const [sample] = group;
    if (sample !== undefined) {
      const { namespace, phase, provider = NONE, gpuType = NONE } = sample;
      gpuPods.inc({ namespace, phase, provider, gpu_type: gpuType }, group.length);
    }
  }
}
