import type { CostStatus, GpuPodStatus } from '../../api/gpupod/status.ts';
import { formatUsd, priceToMicros } from '../../offers/money.ts';
import type { Observation } from '../observation.ts';

/**
 * The price at which the whole life of the instance counts: the highest that the provider has stated, or else the
 * computed one. A lower price later does not make the hours before it cheaper, so a limit never moves out by it.
 */
export function countedUsdPerHour({ cost }: GpuPodStatus): number | undefined {
  const { billedPerHour, highestPerHour, pricePerHour } = cost ?? {};
  return billedPerHour === undefined
    ? (highestPerHour ?? pricePerHour)
    : Math.max(billedPerHour, highestPerHour ?? 0);
}

/** The cost with the price that the provider states now. The highest one is kept only while the present one is lower. */
export function withPrice(cost: CostStatus | undefined, billedPerHour: number): CostStatus {
  const { highestPerHour: recorded = 0, billedPerHour: before = 0, ...rest } = cost ?? {};
  const highestPerHour = Math.max(recorded, before);
  return { ...rest, billedPerHour, ...(highestPerHour > billedPerHour ? { highestPerHour } : {}) };
}

/** The status with the price of the last snapshot. A small change of it may not have been written. */
export function atSeenPrice({ gpuPod: { status }, lastSeen }: Observation): GpuPodStatus {
  const { podId, priceUsdPerHour } = lastSeen?.snapshot ?? {};
  return podId === undefined || podId !== status.podId || priceUsdPerHour === undefined
    ? status
    : { ...status, cost: withPrice(status.cost, priceUsdPerHour) };
}

/** The status with the price in the text that `kubectl get` shows. A number would be printed as `1.9`. */
export function withDisplayedPrice(status: GpuPodStatus): GpuPodStatus {
  const { cost } = status;
  const usdPerHour = cost?.billedPerHour ?? cost?.pricePerHour;
  return usdPerHour === undefined
    ? status
    : { ...status, cost: { ...cost, displayPerHour: formatUsd(priceToMicros(usdPerHour)) } };
}
