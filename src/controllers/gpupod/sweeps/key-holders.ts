import { oncePerObject } from '../../../api/common/once-per-object.ts';
import { isReleased, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { unresolvedIntent } from '../../../lifecycle/intent.ts';
import type { Policy } from '../../../lifecycle/settings.ts';
import { keyChoiceOf } from '../../../lifecycle/ssh-key/key-choice.ts';
import { parsePublicKey } from '../../../lifecycle/ssh-key/public-key.ts';

/** Something that names a key: its content, or its ID at the provider. */
interface NamedKey {
  readonly fingerprint?: string | undefined;
  readonly keyId?: string | undefined;
}

/** The keys that are in use, each by its fingerprint or its ID. */
export class UsedKeys {
  readonly fingerprints = new Set<string>();
  readonly #keyIds = new Set<string>();

  add({ fingerprint, keyId }: NamedKey): void {
    if (fingerprint !== undefined) {
      this.fingerprints.add(fingerprint);
    }
    if (keyId !== undefined) {
      this.#keyIds.add(keyId);
    }
  }

  has({ fingerprint, keyId }: Required<NamedKey>): boolean {
    return this.fingerprints.has(fingerprint ?? '') || this.#keyIds.has(keyId ?? '');
  }
}

/** The SSH keys that GpuPods and the operator's default use; undefined if this version cannot read a GpuPod. */
export function usedKeys(
  objects: readonly KubernetesObject[],
  { defaultSshKeyId }: Pick<Policy, 'defaultSshKeyId'>,
): UsedKeys | undefined {
  const used = new UsedKeys();
  used.add({ keyId: defaultSshKeyId });
  for (const object of objects) {
    const keys = keysOf(object);
    if (keys === undefined) {
      return undefined;
    }
    for (const key of keys) {
      used.add(key);
    }
  }
  return used;
}

/** Asked for all GpuPods with each key that is removed, so each version of an object is read once. */
const keysOf = oncePerObject((object: KubernetesObject): readonly NamedKey[] | undefined => {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'invalid' ? undefined : keysOfGpuPod(parsed.gpuPod);
});

/** The key of its instance, of its create request, and of its spec. A released GpuPod uses none. */
function keysOfGpuPod(gpuPod: GpuPod): readonly NamedKey[] {
  if (isReleased(gpuPod)) {
    return [];
  }
  const named = [gpuPod.status.sshKey, unresolvedIntent(gpuPod)?.sshKey, keyOfSpec(gpuPod)];
  return named.filter((key) => key !== undefined);
}

function keyOfSpec({ spec }: GpuPod): NamedKey {
  const choice = keyChoiceOf(spec);
  if (choice.source === 'KeyID') {
    return { keyId: choice.id };
  }
  const parsed = choice.source === 'PublicKey' ? parsePublicKey(choice.text) : undefined;
  return parsed?.kind === 'ok' ? { fingerprint: parsed.key.fingerprint } : {};
}
