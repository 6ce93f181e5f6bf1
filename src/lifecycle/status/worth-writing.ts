import type { GpuPodStatus } from '../../api/status.ts';
import type { Observation } from '../observation.ts';

/**
 * Whether a status differs in what is worth a write of its own. Accrued cost, a price that drifts, the proof of an id and the counts of
 * rejections change all the time: they ride along with the next write. New reasons of rejection are written at most
 * every `rejectionsWriteMs`.
 */
export function isWorthWriting(observation: Observation, next: GpuPodStatus): boolean {
  const standing = observation.gpuPod.status;
  if (!isSameJson(steadyPart(standing), steadyPart(next))) {
    return true;
  }
  const writtenAtMs = observation.localState.rejectionsWrittenAtMs;
  const isDue =
    writtenAtMs === undefined ||
    observation.now.monotonicMs - writtenAtMs >= observation.timings.rejectionsWriteMs;
  return isDue && !isSameJson(rejectionReasons(standing), rejectionReasons(next));
}

function steadyPart(status: GpuPodStatus): unknown {
  // An older record gets the account and the proof with its next write.
  const { rejections: _r, hint: _hint, account: _account, podIdProof: _proof, cost, ...rest } = status;
  const { accrued: _accrued, accruedAt: _accruedAt, billedPerHour, ...price } = cost ?? {};
  return { ...rest, cost: { ...price, isPriceKnown: billedPerHour !== undefined } };
}

function rejectionReasons(status: GpuPodStatus): readonly string[] {
  return (status.rejections ?? []).map(({ reason }) => reason).sort();
}

/** Whether both are the same on the API server, where an undefined key is an absent one. */
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
