import { isDeepStrictEqual } from 'node:util';
import type { GpuPodStatus } from '../../api/status.ts';
import type { Knowledge } from '../knowledge.ts';

/**
 * Whether a status differs in what is worth a write of its own. Accrued cost, a price that drifts and the counts of
 * rejections change all the time: they ride along with the next write. New reasons of rejection are written at most
 * every `rejectionsWriteMs`.
 */
export function isWorthWriting(knowledge: Knowledge, next: GpuPodStatus): boolean {
  const standing = knowledge.gpuPod.status;
  if (!isDeepStrictEqual(steadyPart(standing), steadyPart(next))) {
    return true;
  }
  const writtenAtMs = knowledge.memory.rejectionsWrittenAtMs;
  const isDue =
    writtenAtMs === undefined ||
    knowledge.now.monotonicMs - writtenAtMs >= knowledge.windows.rejectionsWriteMs;
  return isDue && !isDeepStrictEqual(rejectionReasons(standing), rejectionReasons(next));
}

function steadyPart(status: GpuPodStatus): unknown {
  const { rejections: _rejections, hint: _hint, cost, ...rest } = status;
  const { accrued: _accrued, accruedAt: _accruedAt, billedPerHour, ...price } = cost ?? {};
  return withoutUndefined({ ...rest, cost: { ...price, isPriceKnown: billedPerHour !== undefined } });
}

function rejectionReasons(status: GpuPodStatus): readonly string[] {
  return (status.rejections ?? []).map(({ reason }) => reason).sort();
}

/** The value as it stands on the API server, where an undefined key is an absent one. */
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
