import { SSH_KEY_SOURCES } from '../lifecycle/settings.ts';
import type { SshKeySource } from '../lifecycle/settings.ts';
import { choices, word, wordList } from './kinds.ts';
import { optionalSetting, setting } from './setting.ts';

const keyId = {
  placeholder: 'text',
  pattern: /^\S{1,253}$/,
  meaning: 'one word without blanks, of at most 253 characters',
};

/**
 * The sources that a GpuPod may use. A list of the only keys that may be installed would mean nothing if anybody could
 * bring another one, so with such a list the other sources are allowed by name only.
 */
export function allowedSources(
  sources: readonly SshKeySource[] | undefined,
  allowedSshKeyIds: readonly string[],
): readonly SshKeySource[] {
  return sources ?? (allowedSshKeyIds.length === 0 ? SSH_KEY_SOURCES : ['KeyID']);
}

/** Which SSH keys a GpuPod may have installed. */
export const SSH_KEY_SETTINGS = {
  defaultSshKeyId: optionalSetting(word(keyId), {
    flag: '--default-ssh-key-id',
    description: 'SSH key for GpuPods that name none',
  }),
  allowedSshKeyIds: setting(wordList(), {
    flag: '--allowed-ssh-key-ids',
    defaultText: '',
    description: 'SSH keys that a GpuPod may name besides the default; none given: any',
  }),
  sshKeySources: optionalSetting(choices(SSH_KEY_SOURCES), {
    flag: '--ssh-key-sources',
    description:
      'Fields of spec.ssh that a GpuPod may use: KeyID, PublicKey, PublicKeySecret, Generate. Not set: all, or KeyID alone if --allowed-ssh-key-ids is set. With all but KeyID, the operator registers keys at the provider, and its API key needs the permission for SSH keys',
  }),
};
