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

/** Brings everything that is computed from how GpuPods are now up to now. */
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

/** Tells what happened since the last look. */
export function tellNews(instruments: GpuPodInstruments, book: SpentBook, news: LedgerNews): void {
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

/** Shows amounts as they stand. */
export function showAmounts(instruments: GpuPodInstruments, book: SpentBook, news: LedgerNews): void {
  for (const [namespace, usd] of news.livingUsd) {
    instruments.livingCost.set({ namespace }, usd);
  }
  for (const [namespace, usd] of book.told()) {
    instruments.spent.inc({ namespace }, usd);
  }
}

/** Instances that bill and that no GpuPod names: what they cost an hour, by why. */
export function showUnowned(
  { unownedPrice }: Pick<Instruments, 'unownedPrice'>,
  usdPerHour: ReadonlyMap<string, number>,
): void {
  for (const kind of METRICS.unownedPrice.values) {
    unownedPrice.set({ kind }, usdPerHour.get(kind) ?? 0);
  }
}

/** A standby tells nothing of GpuPods: two processes that did would be added up. */
export function clearGpuPodMetrics(instruments: GpuPodInstruments): void {
  for (const key of ['gpuPods', 'pricePerHour', 'livingCost', 'openIntents', 'spent'] as const) {
    instruments[key].reset();
  }
  showUnowned(instruments, new Map());
}

/** Summed up before the library hears of it: it takes longer for a series than this does for an object. */
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
