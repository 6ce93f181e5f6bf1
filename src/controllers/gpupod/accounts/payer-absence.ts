import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { accountName } from '../../../lifecycle/account-identity.ts';
import type { AccountReference } from '../../../lifecycle/account-identity.ts';
import { unreadableMessage } from '../../../lifecycle/payer.ts';
import type { KnownAccounts, PayerProblem } from '../../../lifecycle/payer.ts';

/** The account exists, and its key is read in a moment. */
export const STARTING: PayerProblem = {
  reason: 'Starting',
  message:
    'The API key of the account has not been read yet. Until then the operator does nothing for this GpuPod. If this lasts, see the conditions of the account.',
};

/** Whoever takes the right to read a key away may mean to end the renting. What runs still needs the key. */
export function unreadKey(reference: AccountReference, namespace: string, problem: string): PayerProblem {
  return {
    reason: 'AccountSuspended',
    message: `${accountName(reference, namespace)} rents nothing new, because its API key cannot be read any more: ${problem} The operator follows and terminates running instances with the last key. Let it read the Secret again.`,
  };
}

/** Why the recorded account cannot act. */
export function absence(
  { metadata }: GpuPod,
  reference: AccountReference,
  known: KnownAccounts | undefined,
): PayerProblem {
  const account = known?.find(reference);
  const name = accountName(reference, metadata.namespace);
  if (account?.unreadable !== undefined) {
    return { reason: 'AccountNotFound', message: unreadableMessage(name, account.unreadable) };
  }
  if (account !== undefined) {
    return STARTING;
  }
  return known === undefined
    ? {
        reason: 'NotAllowed',
        message: `${name} pays for this GpuPod, and this operator serves no accounts (--gpu-accounts=false). It does nothing, and an instance keeps billing. Ask whoever runs the operator to serve accounts.`,
      }
    : {
        reason: 'AccountNotFound',
        message: `${name} pays for this GpuPod and does not exist. The operator does nothing, and an instance keeps billing. Create it again with an API key of the same user.`,
      };
}
