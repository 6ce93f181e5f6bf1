/** Conditions of GpuAccounts and ClusterGpuAccounts, and their reasons: a closed list that users may rely on. */

export const ACCOUNT_CONDITION_TYPES = ['Ready', 'Reconciling', 'Stalled'] as const;

/** What a reason of Ready means, its status, and which other condition it sets. */
export interface AccountReasonEntry {
  readonly status: 'True' | 'False' | 'Unknown';
  /** Stalled: a person must act. Reconciling: the operator goes on by itself. */
  readonly progress?: 'Reconciling' | 'Stalled';
  readonly meaning: string;
}

export const ACCOUNT_REASONS = {
  KeyAccepted: {
    status: 'True',
    meaning: 'The provider accepts the API key, and says whose it is. GpuPods may rent with it.',
  },
  Checking: {
    status: 'Unknown',
    progress: 'Reconciling',
    meaning: 'The operator has not asked the provider about the API key yet.',
  },
  CredentialsMissing: {
    status: 'False',
    progress: 'Stalled',
    meaning:
      'There is no usable API key in the Secret, or the operator may not read it; the message says which. Nothing new is rented, and running instances keep billing. Correct the Secret; the operator reads it again within seconds.',
  },
  Unauthorized: {
    status: 'False',
    progress: 'Stalled',
    meaning:
      'The provider does not accept the API key. Nothing is rented with it, and nothing is terminated unless another account has a key of the same user; running instances keep billing. Write a valid key of the same user into the Secret.',
  },
  Forbidden: {
    status: 'False',
    progress: 'Stalled',
    meaning:
      'The API key may not read its own user, so the operator does not know who would pay, and rents nothing with it. Give it the permission user:read.',
  },
  AccountChanged: {
    status: 'False',
    progress: 'Stalled',
    meaning:
      'The API key belongs to another user than before. The operator creates and terminates nothing with it. Restore the old key, or set `gpupod.dev/accept-user` to the new user ID; instances of the old user stay untouched even then.',
  },
  ApiUnavailable: {
    status: 'Unknown',
    progress: 'Reconciling',
    meaning: 'The provider has not said whose API key this is. The operator asks again by itself.',
  },
  Deleting: {
    status: 'False',
    progress: 'Reconciling',
    meaning:
      'The account is being deleted, and GpuPods still have instances with it; the message names them and what they cost. Nothing new is rented. Delete these GpuPods; the account is deleted after the last of them.',
  },
  Suspended: {
    status: 'False',
    meaning: '`suspend` is true: nothing new is rented, and running instances keep running and billing.',
  },
} as const satisfies Record<string, AccountReasonEntry>;

export type AccountReason = keyof typeof ACCOUNT_REASONS;

/** The entry of a reason, with its optional members. */
export function accountReason(reason: AccountReason): AccountReasonEntry {
  return ACCOUNT_REASONS[reason];
}
