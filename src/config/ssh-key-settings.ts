import { SSH_KEY_SOURCES } from '../lifecycle/settings.ts';
import { choices, word, wordList } from './kinds.ts';
import { optionalSetting, setting } from './setting.ts';

const keyId = {
  placeholder: 'text',
  pattern: /^\S{1,253}$/,
  meaning: 'one word without blanks, of at most 253 characters',
};

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
  sshKeySources: setting(choices(SSH_KEY_SOURCES), {
    flag: '--ssh-key-sources',
    defaultText: SSH_KEY_SOURCES.join(','),
    description:
      'Fields of spec.ssh that a GpuPod may use: KeyID, PublicKey, PublicKeySecret, Generate. With all but KeyID, the operator registers keys at the provider, and its API key needs the permission for SSH keys',
  }),
};
