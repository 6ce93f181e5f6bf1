import { isSameSession } from '../../lifecycle/account.ts';
import type { SendOptions } from '../../lifecycle/provider.ts';
import type { AccountState } from '../../lifecycle/observation.ts';

/**
 * Checks right before a request that the key is still the one in use when it was decided. The rate limit may delay a
 * request by seconds, and the key may change meanwhile. With another account's key a DELETE is answered 404, which
 * would look like a termination.
 */
export function whileSessionLasts({
  account,
}: {
  readonly account: { readonly state: AccountState };
}): SendOptions {
  const decided = account.state;
  // Nothing is decided with a key that was not asked about.
  return { mayStillSend: () => decided.kind !== 'unknown' && isSameSession(account.state, decided) };
}
