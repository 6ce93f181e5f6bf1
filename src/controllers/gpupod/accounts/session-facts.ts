import type { AccountSession } from '../../../accounts/session.ts';
import { identityOf, isSameAccount } from '../../../lifecycle/account.ts';
import type { AccountIdentity } from '../../../lifecycle/account-identity.ts';
import type { FailureReason } from '../../../lifecycle/provider.ts';

/** What can be said about sessions from the state of their keys. Pure functions. */

type Keyed = Pick<AccountSession, 'account'>;

/** Whether the session sees what is recorded for the GpuPod: its key belongs to that user. */
export function canActFor({ account: { state } }: Keyed, recorded: AccountIdentity | undefined): boolean {
  const identity = identityOf(state);
  return (
    state.kind === 'fits' &&
    (recorded === undefined || identity === undefined || isSameAccount(identity, recorded))
  );
}

export function isOfSameUser(one: Keyed, other: Keyed): boolean {
  const [a, b] = [identityOf(one.account.state), identityOf(other.account.state)];
  return one === other || (a !== undefined && b !== undefined && isSameAccount(a, b));
}

/** A key that is missing, refused, or another user's lists nothing. */
export function mayList({ account: { state }, health }: Pick<AccountSession, 'account' | 'health'>): boolean {
  switch (state.kind) {
    case 'fits':
      return !health.isKeyRefused;
    case 'changed':
      return false;
    case 'unknown':
      return state.failure === undefined || !REFUSED.includes(state.failure.reason);
  }
}

const REFUSED: readonly FailureReason[] = ['CredentialsMissing', 'Unauthorized'];
