import { parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { accountOfIntent } from '../../../lifecycle/account.ts';
import type { AccountIdentity } from '../../../lifecycle/account-identity.ts';
import { readIntent } from '../../../lifecycle/intent.ts';
import type { LocalStates } from '../local-states.ts';

/**
 * The account whose session concerns the GpuPod of this key, as recorded: with the instance of a vanished GpuPod of the
 * name, which is settled first, with its own instance, or in its create intent. Undefined if nothing is recorded.
 */
export function recordedAccount(
  key: string,
  object: KubernetesObject | undefined,
  localStates: Pick<LocalStates, 'ofVanished'>,
): AccountIdentity | undefined {
  const vanished = localStates.ofVanished(key, object?.metadata.uid)?.localState.unbound?.account;
  const parsed = object === undefined ? undefined : parseGpuPod(object);
  return vanished ?? (parsed?.kind === 'ok' ? statedAccount(parsed.gpuPod) : undefined);
}

/** The user at the provider that is recorded with the instance, or in the last create intent. */
export function statedAccount(gpuPod: GpuPod): AccountIdentity | undefined {
  const { podId, account } = gpuPod.status;
  const reading = readIntent(gpuPod);
  const intended = reading.kind === 'read' ? accountOfIntent(reading.intent) : undefined;
  return podId === undefined ? intended : (account ?? intended);
}
