import type { GpuPodSpec } from '../../api/gpupod/spec.ts';
import type { SshKeySource } from '../../api/common/ssh-key-sources.ts';

/** Where the public key of the next instance comes from. */
export type KeyChoice =
  /** `id` absent: the default of the operator, else the primary key of the account. */
  | { readonly source: 'KeyID'; readonly id: string | undefined; readonly field: string }
  | { readonly source: 'PublicKey'; readonly text: string }
  | { readonly source: 'PublicKeySecret'; readonly ref: { readonly name: string; readonly key: string } }
  | { readonly source: 'Generate' }
  /** `spec.ssh` without a field that this version knows, as a newer one may have written it. */
  | { readonly source: 'Unknown' };

/** A key that the operator itself registers at the provider before it rents. */
export type RegisteredChoice = Exclude<KeyChoice, { readonly source: 'KeyID' | 'Unknown' }>;

/** `spec.sshKeyId` is the former name of `spec.ssh.keyId`; the CRD refuses both together. */
export function keyChoiceOf({ ssh, sshKeyId }: Pick<GpuPodSpec, 'ssh' | 'sshKeyId'>): KeyChoice {
  if (ssh?.publicKey !== undefined) {
    return { source: 'PublicKey', text: ssh.publicKey };
  }
  if (ssh?.publicKeySecretRef !== undefined) {
    return { source: 'PublicKeySecret', ref: ssh.publicKeySecretRef };
  }
  if (ssh?.generate === true) {
    return { source: 'Generate' };
  }
  if (ssh?.keyId !== undefined) {
    return { source: 'KeyID', id: ssh.keyId, field: 'spec.ssh.keyId' };
  }
  return ssh === undefined
    ? { source: 'KeyID', id: sshKeyId, field: 'spec.sshKeyId' }
    : { source: 'Unknown' };
}

/** The field of the spec that names the key, for messages. */
export function fieldOf(choice: KeyChoice): string {
  const FIELDS: Readonly<Record<SshKeySource | 'Unknown', string>> = {
    KeyID: 'spec.ssh.keyId',
    PublicKey: 'spec.ssh.publicKey',
    PublicKeySecret: 'spec.ssh.publicKeySecretRef',
    Generate: 'spec.ssh.generate',
    Unknown: 'spec.ssh',
  };
  return choice.source === 'KeyID' ? choice.field : FIELDS[choice.source];
}

export function isRegistered(choice: KeyChoice): choice is RegisteredChoice {
  return choice.source !== 'KeyID' && choice.source !== 'Unknown';
}
