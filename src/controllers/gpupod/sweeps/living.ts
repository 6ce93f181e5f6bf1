import { mayBeOf } from '../../../accounts/sums/stated-intent.ts';
import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { intentOf, isResolved } from '../../../lifecycle/intent.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import { attemptKey, namePrefixOf, objectHashes, parsePodName } from '../../../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../lifecycle/provider.ts';

/** What existing GpuPods say about instances. */
export interface Living {
  readonly keyByHash: ReadonlyMap<string, string>;
  readonly podIds: ReadonlySet<string>;
  /** Attempt keys of pending creates, see `attemptKey`. */
  readonly intended: ReadonlySet<string>;
  /** Attempt keys of all names on GpuPods that have no instance, see `attemptKey`. */
  readonly podNames: ReadonlySet<string>;
  /** The last attempt that GpuPods name, by name prefix. A GpuPod restored with an older intent counts too. */
  readonly lastAttempts: ReadonlyMap<string, number>;
  /** True if the operator cannot read some GpuPod, so that it may name any instance. */
  readonly hasUnreadable: boolean;
}

export function indexLiving(objects: readonly KubernetesObject[]): Living {
  const keyByHash = new Map<string, string>();
  const podIds = new Set<string>();
  const intended = new Set<string>();
  const podNames = new Set<string>();
  const lastAttempts = new Map<string, number>();
  let hasUnreadable = false;
  for (const object of objects) {
    const { namespace = '', uid } = object.metadata;
    for (const hash of objectHashes({ namespace, uid })) {
      keyByHash.set(hash, objectKey(object));
    }
    const parsed = parseGpuPod(object);
    if (parsed.kind === 'invalid') {
      hasUnreadable = true;
      continue;
    }
    const { podId, podName } = parsed.gpuPod.status;
    noteAttempts(lastAttempts, parsed.gpuPod);
    if (podId !== undefined) {
      podIds.add(podId);
      continue;
    }
    const intent = trueIntentOf(parsed.gpuPod);
    const isOpen = intent !== undefined && !isResolved(parsed.gpuPod, intent);
    addAttempts(intended, [isOpen ? intent.name : undefined]);
    addAttempts(podNames, [podName, intent?.name]);
  }
  return { keyByHash, podIds, intended, podNames, lastAttempts, hasUnreadable };
}

/**
 * The create intent for an instance of its own, or for one that it may adopt. Anybody can write an intent that names
 * another instance, and would hide that from the sweep.
 */
function trueIntentOf(gpuPod: GpuPod): Intent | undefined {
  const intent = intentOf(gpuPod);
  return intent !== undefined && mayBeOf(gpuPod, intent) ? intent : undefined;
}

/** Names of its own instances, and of those that it may adopt. */
function namesOn(gpuPod: GpuPod): readonly (string | undefined)[] {
  const { status } = gpuPod;
  return [
    status.podName,
    ...(status.attempts ?? []).map(({ podName }) => podName),
    trueIntentOf(gpuPod)?.name,
  ];
}

function noteAttempts(lastAttempts: Map<string, number>, gpuPod: GpuPod): void {
  const named = namesOn(gpuPod).map((name) => parsePodName(name));
  for (const parts of named.filter((known) => known !== undefined)) {
    const namePrefix = namePrefixOf(parts);
    lastAttempts.set(namePrefix, Math.max(parts.attempt, lastAttempts.get(namePrefix) ?? 0));
  }
}

function addAttempts(keys: Set<string>, names: readonly (string | undefined)[]): void {
  for (const name of names.filter((text) => text !== undefined)) {
    keys.add(attemptKey(name));
  }
}

export function isNewer({ lastAttempts }: Living, { name }: InstanceSnapshot): boolean {
  const parts = parsePodName(name);
  const last = parts === undefined ? undefined : lastAttempts.get(namePrefixOf(parts));
  return parts !== undefined && last !== undefined && parts.attempt > last;
}
