import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { Observation } from '../observation.ts';

/**
 * Whether the new status is worth a write of its own. Accrued cost, price drift and what it shifts, the proof of an ID
 * and rejection counts change all the time, so they join the next write. New rejection reasons are written at most
 * every `rejectionsWriteMs`.
 */
export function isWorthWriting(observation: Observation, next: GpuPodStatus): boolean {
  const current = observation.gpuPod.status;
  if (!isSameJson(steadyPart(current), steadyPart(next)) || hasOtherExpiry(current, next)) {
    return true;
  }
  const writtenAtMs = observation.localState.rejectionsWrittenAtMs;
  const isDue =
    writtenAtMs === undefined ||
    observation.now.monotonicMs - writtenAtMs >= observation.timings.rejectionsWriteMs;
  return isDue && !isSameJson(rejectionReasons(current), rejectionReasons(next));
}

function steadyPart(status: GpuPodStatus): unknown {
  // A status of an earlier version gets its account, proof and sum of costs with the next write.
  const {
    rejections: _r,
    hint: _hint,
    account: _account,
    podIdProof: _proof,
    expiresAt: _expiresAt,
    attemptsCost: _attemptsCost,
    cost,
    ...rest
  } = status;
  const {
    accrued: _accrued,
    accruedAt: _accruedAt,
    highestPerHour: _highest,
    displayPerHour,
    billedPerHour,
    ...price
  } = cost ?? {};
  return {
    ...rest,
    // A status of an earlier version lacks the text, and its column would stay empty for as long as nothing else changes.
    cost: { ...price, isPriceKnown: billedPerHour !== undefined, isDisplayed: displayPerHour !== undefined },
  };
}

const MIN_EXPIRY_SHIFT_MS = 60_000;
const EXPIRY_SHIFT_SHARE = 0.05;

/** The deadline of a cost limit moves with the price. A small shift joins the next write. */
function hasOtherExpiry(current: GpuPodStatus, next: GpuPodStatus): boolean {
  if (current.expiresAt === undefined || next.expiresAt === undefined) {
    return current.expiresAt !== next.expiresAt;
  }
  const nextMs = Date.parse(next.expiresAt);
  const shiftMs = Math.abs(nextMs - Date.parse(current.expiresAt));
  const lifeMs = nextMs - Date.parse(next.createdAt ?? next.expiresAt);
  return shiftMs > Math.max(MIN_EXPIRY_SHIFT_MS, EXPIRY_SHIFT_SHARE * lifeMs);
}

function rejectionReasons(status: GpuPodStatus): readonly string[] {
  return (status.rejections ?? []).map(({ reason }) => reason).sort();
}

/** Whether the API server would store both the same. It drops keys with the value undefined. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) {
    return Object.is(one, other);
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return (
    Array.isArray(one) === Array.isArray(other) && [...keys].every((key) => isSameJson(one[key], other[key]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
