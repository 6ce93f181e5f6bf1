import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { isRecord } from '../../json.ts';

/** Status fields that the API server did not store as they were sent, because its CRD does not know them. */
export type DroppedFields = Partial<GpuPodStatus>;

/**
 * Without these fields a limit would not hold or an instance would be forgotten. While one is dropped, the operator
 * rents nothing new.
 */
const PROTECTS_MONEY: ReadonlySet<string> = new Set([
  'podId',
  'podName',
  'account',
  'attempts',
  'failedAttempts',
  'attemptsCost',
  'cost',
  'offer',
  'createdAt',
  'readyAt',
  'terminatedAt',
  'searchStartedAt',
  'lastHandledReconcileAt',
]);

/** The fields that the API server did not store completely, with the values that were sent. */
export function droppedFields<S extends object>(sent: S, returned: unknown): Partial<S> {
  const got = isRecord(returned) ? returned : {};
  const lost = Object.entries(sent).filter(([key, value]) => isCut(value, got[key]));
  return Object.fromEntries(lost) as Partial<S>;
}

/** The names of the dropped fields that protect money. */
export function protectiveFields(dropped: DroppedFields): readonly string[] {
  return Object.keys(dropped).filter((key) => PROTECTS_MONEY.has(key));
}

/** Puts the values that the last write lost back into the status. */
export function withDropped(gpuPod: GpuPod, dropped: DroppedFields | undefined): GpuPod {
  return dropped === undefined ? gpuPod : { ...gpuPod, status: { ...gpuPod.status, ...dropped } };
}

/**
 * Puts back the time of the first Ready where a CRD dropped it and a condition still says it. Without it, a working
 * instance would be judged by its price like a new one.
 */
export function withReadyTime(gpuPod: GpuPod): GpuPod {
  const { status } = gpuPod;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return status.podId === undefined || status.readyAt !== undefined || ready?.status !== 'True'
    ? gpuPod
    : { ...gpuPod, status: { ...status, readyAt: ready.lastTransitionTime } };
}

function isCut(sent: unknown, got: unknown): boolean {
  if (sent === undefined) {
    return false;
  }
  if (Array.isArray(sent)) {
    const items: readonly unknown[] = Array.isArray(got) ? got : [];
    return items.length < sent.length || sent.some((item, index) => isCut(item, items[index]));
  }
  if (isRecord(sent)) {
    return !isRecord(got) || Object.entries(sent).some(([key, value]) => isCut(value, got[key]));
  }
  return got === undefined;
}
