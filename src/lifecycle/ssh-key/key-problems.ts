import type { BlockReason } from '../local-state.ts';

/** Why an instance cannot get its key: a reason of Synced, and a sentence with a way out. */
export interface KeyProblem {
  readonly reason: BlockReason;
  readonly message: string;
}

/** The sentence for a key that the provider does not take. What the provider said comes last, because it may be cut. */
export function registrationProblem(field: string, { reason, message }: KeyProblem): KeyProblem {
  switch (reason) {
    case 'Unauthorized':
      return {
        reason,
        message: `The API key may not register the SSH key of ${field}. Give it the permission "SSH Keys: read and write" at the provider, or use spec.ssh.keyId. ${message}`,
      };
    case 'QuotaExceeded':
      return {
        reason,
        message: `The account at the provider has no room for the SSH key of ${field}. Remove keys there, or use spec.ssh.keyId. ${message}`,
      };
    case 'InvalidSshKey':
      return { reason, message: `The provider does not accept the SSH key of ${field}. ${message}` };
    default:
      return { reason, message: `Failed to register the SSH key of ${field}; retrying. ${message}` };
  }
}
