/** Where the SSH key of an instance may come from: the fields of `spec.ssh`. */
export const SSH_KEY_SOURCES = ['KeyID', 'PublicKey', 'PublicKeySecret', 'Generate'] as const;
export type SshKeySource = (typeof SSH_KEY_SOURCES)[number];
