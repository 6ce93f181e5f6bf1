import type { LedgerNews } from './attempt-ledger.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { Instruments } from './instruments.ts';
import { METRICS } from './metric-definitions.ts';
import type { SpendingRecord } from './spending-record.ts';

const NONE = 'none';
const MS_PER_SECOND = 1_000;
const LEADER_ONLY = [
  'gpuPods',
  'pricePerHour',
  'aboveCap',
  'oldestInstance',
  'oldestDeletion',
  'reserved',
  'expiring',
  'unreachable',
  'livingCost',
  'openIntents',
  'spent',
] as const;

type GpuPodInstruments = Pick<
  Instruments,
  | 'gpuPods'
  | 'pricePerHour'
  | 'aboveCap'
  | 'oldestInstance'
  | 'oldestDeletion'
  | 'reserved'
  | 'expiring'
  | 'unreachable'
  | 'livingCost'
  | 'openIntents'
  | 'unownedPrice'
  | 'spent'
  | 'attempts'
  | 'timeToReady'
>;

/** Computes the gauges from the current state of all GpuPods. */
export function refreshGpuPodMetrics(
  instruments: GpuPodInstruments,
  samples: readonly GpuPodSample[],
  nowMs: number,
): void {
  clearGpuPodMetrics(instruments);
  countGpuPods(instruments, samples);
  for (const [namespace, group] of Map.groupBy(samples, (sample) => sample.namespace)) {
    showWorst(instruments, namespace, group, nowMs);
    instruments.expiring.set({ namespace }, group.filter(({ isExpiring }) => isExpiring).length);
    instruments.unreachable.set({ namespace }, group.filter(({ isUnreachable }) => isUnreachable).length);
  }
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
export function countNews(instruments: GpuPodInstruments, record: SpendingRecord, news: LedgerNews): void {
  for (const [namespace, usd] of news.spentUsd) {
    record.add(namespace, usd);
  }
  for (const outcome of news.outcomes) {
    instruments.attempts.inc({ outcome });
  }
  for (const readyAfterMs of news.readyAfterMs) {
    instruments.timeToReady.observe(readyAfterMs / MS_PER_SECOND);
  }
}

/** Sets the cost so far and the recorded spending. */
export function showAmounts(instruments: GpuPodInstruments, record: SpendingRecord, news: LedgerNews): void {
  for (const [namespace, usd] of news.livingUsd) {
    instruments.livingCost.set({ namespace }, usd);
  }
  for (const [namespace, usd] of record.shown()) {
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

/** What an alert on a single GpuPod needs; the labels name only its namespace. */
function showWorst(
  instruments: GpuPodInstruments,
  namespace: string,
  samples: readonly GpuPodSample[],
  nowMs: number,
): void {
  const above = samples.map(({ instance }) => instance?.aboveCapUsdPerHour ?? 0);
  instruments.aboveCap.set(
    { namespace },
    above.reduce((total, usd) => total + usd, 0),
  );
  const begins = samples.map(({ instance }) => instance?.billedSinceMs);
  instruments.oldestInstance.set({ namespace }, ageSeconds(begins, nowMs));
  const deletions = samples.map(({ deletingSinceMs }) => deletingSinceMs);
  instruments.oldestDeletion.set({ namespace }, ageSeconds(deletions, nowMs));
}

/** The longest time since one of these; 0 if there is none. */
function ageSeconds(timesMs: readonly (number | undefined)[], nowMs: number): number {
  const known = timesMs.filter((timeMs) => timeMs !== undefined);
  return Math.max(0, nowMs - Math.min(nowMs, ...known)) / MS_PER_SECOND;
}

/** A standby shows no metrics of GpuPods, because Prometheus would add up those of two processes. */
export function clearGpuPodMetrics(instruments: GpuPodInstruments): void {
  for (const key of LEADER_ONLY) {
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
