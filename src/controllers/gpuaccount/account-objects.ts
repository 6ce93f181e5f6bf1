import type { AccountKind } from '../../api/common/names.ts';
import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import { recordedReference } from '../../accounts/sums/stated.ts';
import type { WatchedEvent } from '../../kubernetes/cache/source.ts';
import { splitKey } from '../../kubernetes/objects.ts';

/** The kind of the account with this key in the queue. */
export function kindOf(key: string): AccountKind {
  return splitKey(key).namespace === undefined ? 'ClusterGpuAccount' : 'GpuAccount';
}

/** The accounts that a GpuPod has an instance or a create intent with. */
export function accountsOf({ object, meta: { namespace = '' } }: WatchedEvent): readonly string[] {
  // Events have times as dates, which the schema does not accept and nothing here needs.
  const { creationTimestamp: _created, deletionTimestamp: _deleted, ...metadata } = object.metadata ?? {};
  const parsed = parseGpuPod({ ...object, metadata });
  const reference = parsed.kind === 'ok' ? recordedReference(parsed.gpuPod) : undefined;
  if (reference === undefined) {
    return [];
  }
  return [reference.kind === 'GpuAccount' ? `${namespace}/${reference.name}` : reference.name];
}
