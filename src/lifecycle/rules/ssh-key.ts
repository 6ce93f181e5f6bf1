import { hasFinalizer } from '../../api/gpupod/gpu-pod.ts';
import { connectionSecretName } from '../connection-secret.ts';
import { sessionBeganAtMs } from '../account.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { isRegistered, keyChoiceOf } from '../ssh-key/key-choice.ts';
import { parsePublicKey } from '../ssh-key/public-key.ts';
import { draftStatus } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { pendingBecause } from './condition-drafts.ts';

/** A public key that cannot work. Nobody could log in to the instance, which would bill. */
export function refuseBadKey(observation: Observation): Step | undefined {
  const choice = keyChoiceOf(observation.gpuPod.spec);
  const parsed = choice.source === 'PublicKey' ? parsePublicKey(choice.text) : undefined;
  if (parsed?.kind !== 'bad') {
    return undefined;
  }
  const message = `spec.ssh.publicKey ${parsed.problem}.`;
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: pendingBecause(message),
      Synced: ['InvalidSshKey', message],
      progress: { type: 'Stalled', draft: ['InvalidSshKey', message] },
    }),
  };
}

/**
 * Registers the key of the next instance at the provider, unless that was done moments ago. The finalizer comes first, so
 * that the operator sees the end of each GpuPod that may have registered a key.
 */
export function awaitSshKey(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  if (!isRegistered(keyChoiceOf(gpuPod.spec)) || isKeyReady(observation)) {
    return undefined;
  }
  return { kind: 'act', effect: { type: hasFinalizer(gpuPod) ? 'ensureSshKey' : 'addFinalizer' } };
}

function isKeyReady({ gpuPod, localState: { sshKey }, now, timings, account }: Observation): boolean {
  return (
    sshKey?.generation === gpuPod.metadata.generation &&
    sshKey.sessionSinceMs === sessionBeganAtMs(account) &&
    now.monotonicMs - sshKey.atMs < timings.offerMaxAgeMs
  );
}

/** The key of the create request, for its intent and the status; undefined: the primary key of the account. */
export function keyOfRequest({ gpuPod, localState, policy }: Observation): Intent['sshKey'] {
  const choice = keyChoiceOf(gpuPod.spec);
  if (isRegistered(choice)) {
    const { source, fingerprint, keyId } = localState.sshKey ?? {};
    if (keyId === undefined || source === undefined) {
      return undefined;
    }
    return source === 'Generate'
      ? { source: 'Generated', keyId, fingerprint, secretName: connectionSecretName(gpuPod) }
      : { source, keyId, fingerprint };
  }
  const keyId = choice.id ?? policy.defaultSshKeyId;
  return keyId === undefined ? undefined : { source: choice.source, keyId };
}
