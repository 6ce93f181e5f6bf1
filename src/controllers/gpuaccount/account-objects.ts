import type { AccountKind } from '../../api/common/names.ts';
import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import { recordedReference } from '../../accounts/sums/stated.ts';
import type { WatchedObject } from '../../kubernetes/cache/source.ts';
import { splitKey } from '../../kubernetes/objects.ts';

/** The kind of the account with this key in the queue. */
export function kindOf(key: string): AccountKind {
  return splitKey(key).namespace === undefined ? 'ClusterGpuAccount' : 'GpuAccount';
}

/** The key in the queue of the account that `accountKey` names so. */
export function queueKeyOf(name: string): string {
  return name.split('/').slice(1).join('/');
}

/** The accounts that a GpuPod has an instance or a create intent with. */
export function accountsOf({ stored, meta: { namespace = '' } }: WatchedObject): readonly string[] {
  const parsed = parseGpuPod(stored);
  const reference = parsed.kind === 'ok' ? recordedReference(parsed.gpuPod) : undefined;
  if (reference === undefined) {
    return [];
  }
  return [reference.kind === 'GpuAccount' ? `${namespace}/${reference.name}` : reference.name];
}
