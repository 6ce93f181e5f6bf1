import { hasFinalizer, isDeleting, parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { unresolvedIntent } from '../../lifecycle/intent.ts';
import { keyChoiceOf } from '../../lifecycle/ssh-key/key-choice.ts';
import { parsePublicKey } from '../../lifecycle/ssh-key/public-key.ts';

/** The fingerprints of the SSH keys that GpuPods use; undefined if this version cannot read one of them. */
export function usedKeys(objects: readonly KubernetesObject[]): ReadonlySet<string> | undefined {
  const used = new Set<string>();
  for (const object of objects) {
    const parsed = parseGpuPod(object);
    if (parsed.kind === 'invalid') {
      return undefined;
    }
    for (const fingerprint of keysOf(parsed.gpuPod)) {
      used.add(fingerprint);
    }
  }
  return used;
}

/** The key of its instance, of its create request, and of its spec. A released GpuPod uses none. */
function keysOf(gpuPod: GpuPod): readonly string[] {
  if (isDeleting(gpuPod) && !hasFinalizer(gpuPod)) {
    return [];
  }
  const named = [gpuPod.status.sshKey?.fingerprint, unresolvedIntent(gpuPod)?.sshKey?.fingerprint];
  const choice = keyChoiceOf(gpuPod.spec);
  const parsed = choice.source === 'PublicKey' ? parsePublicKey(choice.text) : undefined;
  const ofSpec = parsed?.kind === 'ok' ? parsed.key.fingerprint : undefined;
  return [...named, ofSpec].filter((fingerprint) => fingerprint !== undefined);
}
