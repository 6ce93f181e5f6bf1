import type { GpuPodSource } from '../../src/accounts/sums/running-sum.ts';
import type { ChangeReader } from '../../src/kubernetes/cache/changed-keys.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';
import { objectKey } from '../../src/kubernetes/objects.ts';

/** What changes in a list that a test replaces at will: another object of a key is another version. */
function changesOf(list: () => readonly KubernetesObject[]): ChangeReader {
  let seen = new Map<string, KubernetesObject>();
  return {
    take: () => {
      const now = new Map(list().map((object) => [objectKey(object), object]));
      const keys = new Set([...seen.keys(), ...now.keys()]);
      const changed = [...keys].filter((key) => seen.get(key) !== now.get(key));
      seen = now;
      return new Set(changed);
    },
  };
}

/** The GpuPods of such a list. */
export function gpuPodSource(list: () => readonly KubernetesObject[]): GpuPodSource {
  return {
    get: (key) => list().find((object) => objectKey(object) === key),
    changes: () => changesOf(list),
  };
}
