import { isForbidden } from '../../kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { GpuPodApi } from './ports.ts';

/** GpuPods of all namespaces, read live; undefined if this process may list only some. */
export async function listAllGpuPods(
  api: Pick<GpuPodApi, 'list'>,
): Promise<readonly KubernetesObject[] | undefined> {
  try {
    return await api.list();
  } catch (error) {
    if (isForbidden(error)) {
      return undefined;
    }
    throw error;
  }
}
