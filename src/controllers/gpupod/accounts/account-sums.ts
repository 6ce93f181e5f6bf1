import type { SumLimit, Totals } from '../../../accounts/sums/sum-limits.ts';
import { listerOf } from '../../../accounts/session.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import { sumsOf } from '../../../lifecycle/account-rules.ts';
import type { AccountSum, CountedSum } from '../../../lifecycle/account-rules.ts';
import type { Context } from '../context.ts';

type Paying = Pick<Context, 'policy' | 'reference'> & {
  readonly session: Pick<Context['session'], 'name' | 'reservations'> & {
    readonly account: Pick<Context['session']['account'], 'state'>;
  };
};

/** A limit on a sum, as the rules name it and as the reservations check it. */
export interface NamedLimit {
  readonly sum: AccountSum;
  readonly limit: SumLimit;
}

/** The limits of the account that pays on all its instances, and on those of this namespace. */
export function accountLimitsOf(
  { policy, reference, session }: Paying,
  namespace: string,
): readonly NamedLimit[] {
  if (policy.account === undefined || reference === undefined) {
    return [];
  }
  const { account } = ownerFor(reference, namespace);
  const lister = listerOf(session);
  return sumsOf(policy.account).map((sum) => ({
    sum,
    limit: {
      scope: { account, userId: lister.userId, ...(sum.isPerNamespace ? { namespace } : {}) },
      session: lister,
      [sum.measure]: sum.limit,
    },
  }));
}

/** What all other instances count towards these limits; undefined before the lists that show them. */
export function countSums(
  { reservations }: Paying['session'],
  uid: string,
  limits: readonly NamedLimit[],
): readonly CountedSum[] | undefined {
  if (limits.some(({ limit }) => reservations.awaited(limit.session) !== undefined)) {
    return undefined;
  }
  return limits.map(({ sum, limit }) => {
    const totals: Totals = reservations.elsewhere(uid, limit.scope);
    return { ...sum, counted: totals[sum.measure] };
  });
}
