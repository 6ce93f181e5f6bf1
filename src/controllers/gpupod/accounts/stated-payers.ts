import type { StatedPayers } from '../../../accounts/sums/stated-intent.ts';
import { policyFor } from '../../../lifecycle/payer.ts';
import type { Policy } from '../../../lifecycle/settings.ts';
import { knownAccounts } from './known-accounts.ts';
import type { AccountViews } from './known-accounts.ts';

/**
 * What the limits of the account allow that a create intent names. An account that does not exist, or whose selector
 * cannot be checked yet, may have served the namespace.
 *
 * @param views undefined: this operator serves no accounts
 */
export function statedPayers(policy: Policy, views: AccountViews | undefined): StatedPayers {
  return (reference, namespace) => {
    const account =
      reference === undefined || views === undefined
        ? undefined
        : knownAccounts(views, namespace).find(reference);
    const { maxPriceCeiling, allowPrepaid } = account === undefined ? policy : policyFor(policy, account);
    return {
      isForNamespace: account?.isForNamespace !== false,
      maxPrice: maxPriceCeiling,
      maxGpus: account?.rules?.limits.maxGpus,
      allowPrepaid,
    };
  };
}
