import { hasFinalizer } from '../../api/gpupod/gpu-pod.ts';
import { connectionSecretName } from '../connection-secret.ts';
import { sessionBeganAtMs } from '../account.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { fieldOf, isRegistered, keyChoiceOf } from '../ssh-key/key-choice.ts';
import type { KeyChoice } from '../ssh-key/key-choice.ts';
import { parsePublicKey } from '../ssh-key/public-key.ts';
import type { ConditionDraft } from '../status/draft.ts';
import type { Step } from '../step.ts';
import { refuse } from './stalled.ts';

/** A key that cannot work. Nobody could log in to the instance, which would bill, or the wrong person could. */
export function refuseBadKey(observation: Observation): Step | undefined {
  const message = problemOf(keyChoiceOf(observation.gpuPod.spec));
  return message === undefined ? undefined : refuse(observation, 'InvalidSshKey', message);
}

function problemOf(choice: KeyChoice): string | undefined {
  if (choice.source === 'Unknown') {
    return UNKNOWN_SOURCE;
  }
  const parsed = choice.source === 'PublicKey' ? parsePublicKey(choice.text) : undefined;
  return parsed?.kind === 'bad' ? `spec.ssh.publicKey ${parsed.problem}.` : undefined;
}

const UNKNOWN_SOURCE =
  'spec.ssh: this version of the operator does not know the field that names the key, so nothing is rented. Upgrade the operator and its CRD, or set one of keyId, publicKey, publicKeySecretRef, generate.';

/**
 * An instance that an earlier version rented, which knew nothing of the field, has the primary key of the account.
 *
 * @returns what to state in Synced
 */
export function missingKey({ gpuPod }: Observation): ConditionDraft<'Synced'> | undefined {
  const choice = keyChoiceOf(gpuPod.spec);
  return isRegistered(choice) && gpuPod.status.sshKey === undefined
    ? [
        'InvalidSshKey',
        `Nothing shows that the instance has the key of ${fieldOf(choice)}: an earlier version of the operator may have rented it with the primary key of the account. The instance keeps running and billing. Set spec.suspend to true and back for a new instance with that key.`,
      ]
    : undefined;
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
  const keyId = choice.source === 'KeyID' ? (choice.id ?? policy.defaultSshKeyId) : undefined;
  return keyId === undefined ? undefined : { source: 'KeyID', keyId };
}
