import { isSameSession } from '../lifecycle/account.ts';
import type { SendOptions } from '../lifecycle/provider.ts';
import type { Context } from './context.ts';

/**
 * What is decided now may be sent seconds later, once the rate limit lets it: by then another key may be in use. With the
 * key of somebody else a DELETE would be answered 404, and that would look like an end.
 */
export function whileSessionLasts({
  account,
}: {
  readonly account: Pick<Context['account'], 'state'>;
}): SendOptions {
  const decided = account.state;
  // Of a key that was not asked about nothing was decided.
  return { mayStillSend: () => decided.kind !== 'unknown' && isSameSession(account.state, decided) };
}
