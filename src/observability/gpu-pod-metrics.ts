import { costSoFarUsd } from './attempt-ledger.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { GpuPodSample } from './gpu-pod-sample.ts';
import type { Instruments } from './instruments.ts';

const NONE = 'none';
const MS_PER_SECOND = 1_000;

/** Brings everything that is computed from GpuPods up to now. */
export function refreshGpuPodMetrics(
  instruments: Instruments,
  ledger: AttemptLedger,
  samples: readonly GpuPodSample[],
  nowMs: number,
): void {
  clearGpuPodMetrics(instruments);
  for (const sample of samples) {
    const { namespace, phase, provider = NONE, gpuType = NONE, rental } = sample;
    instruments.gpuPods.inc({ namespace, phase, provider, gpu_type: gpuType });
    instruments.pricePerHour.inc({ namespace }, rental?.usdPerHour ?? 0);
    instruments.livingCost.inc({ namespace }, costSoFarUsd(sample, nowMs));
    instruments.unresolvedOrders.inc(sample.hasUnresolvedOrder ? 1 : 0);
  }
  const news = ledger.look(samples, nowMs);
  for (const [namespace, usd] of news.spentUsd) {
    instruments.spent.inc({ namespace }, usd);
  }
  for (const outcome of news.outcomes) {
    instruments.attempts.inc({ outcome });
  }
  for (const readyAfterMs of news.readyAfterMs) {
    instruments.timeToReady.observe(readyAfterMs / MS_PER_SECOND);
  }
}

/** A standby tells nothing of GpuPods: two processes that did would be added up. */
export function clearGpuPodMetrics(instruments: Instruments): void {
  for (const key of ['gpuPods', 'pricePerHour', 'livingCost', 'unresolvedOrders'] as const) {
    instruments[key].reset();
  }
}
