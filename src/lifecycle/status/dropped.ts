import type { GpuPod } from '../../api/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/status.ts';
import { isRecord } from '../../json.ts';

/** Fields of a status that did not come back as they were sent: a CRD of another version drops what it does not know. */
export type DroppedFields = Partial<GpuPodStatus>;

/** Without these a limit would not hold, or an instance would be forgotten: nothing new is rented while they are dropped. */
const PROTECTS_MONEY: ReadonlySet<string> = new Set([
  'podId',
  'podName',
  'account',
  'attempts',
  'failedAttempts',
  'cost',
  'offer',
  'createdAt',
  'readyAt',
  'terminatedAt',
  'searchStartedAt',
  'lastHandledReconcileAt',
]);

/** What a write returned, compared with what was sent: each field of which anything is missing, as it was sent. */
export function droppedFields(sent: GpuPodStatus, returned: unknown): DroppedFields {
  const got = isRecord(returned) ? returned : {};
  return Object.fromEntries(Object.entries(sent).filter(([key, value]) => isCut(value, got[key])));
}

/** The names of those that protect money. */
export function protectiveFields(dropped: DroppedFields): readonly string[] {
  return Object.keys(dropped).filter((key) => PROTECTS_MONEY.has(key));
}

/** The object as this process knows it: what its last write lost on the way is put back. */
export function withDropped(gpuPod: GpuPod, dropped: DroppedFields | undefined): GpuPod {
  return dropped === undefined ? gpuPod : { ...gpuPod, status: { ...gpuPod.status, ...dropped } };
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
