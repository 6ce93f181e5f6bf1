import type { StatedPayer, StatedPayers } from '../../../src/accounts/sums/stated-intent.ts';

/** An account without limits that serves every namespace. */
export const SERVING: StatedPayer = { isForNamespace: true, allowPrepaid: true };

export const ANY_PAYER: StatedPayers = () => SERVING;
