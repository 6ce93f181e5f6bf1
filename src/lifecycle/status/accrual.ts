import type { CostStatus, GpuPodStatus } from '../../api/gpupod/status.ts';
import { creationMs } from './creation.ts';
import { countedUsdPerHour } from './price.ts';
import { timestamp } from './timestamp.ts';

const MS_PER_HOUR = 3_600_000;
const MICROS_PER_USD = 1_000_000;
const MAX_USD = 1_000_000_000;

/**
 * Brings `cost.accrued` of a rented instance up to now. It is an estimate: highest price × time since creation, and at
 * least the prepaid hours.
 */
export function accrue(status: GpuPodStatus, wallMs: number): GpuPodStatus {
  const { cost, podId } = status;
  const accrued = accruedUsd(status, wallMs);
  if (podId === undefined || cost === undefined || accrued === undefined) {
    return status;
  }
  const updated: CostStatus = { ...cost, accrued, accruedAt: timestamp(wallMs) };
  return { ...status, cost: updated };
}

/** USD that the rented instance has cost so far; undefined where its price or creation time is unknown. */
export function accruedUsd(status: GpuPodStatus, wallMs: number): number | undefined {
  const usdPerHour = countedUsdPerHour(status);
  const createdMs = creationMs(status, wallMs);
  if (usdPerHour === undefined || createdMs === undefined) {
    return undefined;
  }
  const prepaidMs = (status.offer?.prepaidHours ?? 0) * MS_PER_HOUR;
  const billedMs = Math.max(0, prepaidMs, billedUntilMs(status, wallMs) - createdMs);
  const usd = (usdPerHour * billedMs) / MS_PER_HOUR;
  // JSON has no infinite number, so an absurd price would make the whole status unwritable.
  return Math.round(Math.min(usd, MAX_USD) * MICROS_PER_USD) / MICROS_PER_USD;
}

function billedUntilMs({ terminatedAt }: GpuPodStatus, wallMs: number): number {
  const endedMs = Date.parse(terminatedAt ?? '');
  return Number.isNaN(endedMs) ? wallMs : Math.min(wallMs, endedMs);
}
