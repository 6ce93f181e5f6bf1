import { NOTHING } from '../../../accounts/sums/sum-limits.ts';
import type { SumLimit } from '../../../accounts/sums/sum-limits.ts';
import { countedAccount, countedUserOf } from '../../../accounts/session.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import { sumsOf } from '../../../lifecycle/account-rules.ts';
import type { AccountSum } from '../../../lifecycle/account-rules.ts';
import type { OthersCount } from '../../../lifecycle/observation.ts';
import type { Context } from '../context.ts';

type Paying = Pick<Context, 'policy' | 'reference'> & {
  readonly session: Pick<Context['session'], 'name' | 'reservations'> & {
    readonly inventory: Pick<Context['session']['inventory'], 'awaited'>;
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
  const userId = countedUserOf(session);
  return sumsOf(policy.account).map((sum) => ({
    sum,
    limit: {
      scope: {
        account,
        userId,
        ...(sum.isPerNamespace ? { namespace } : {}),
        ...(sum.measure === 'micros' ? { unknownPrice: sum.limit } : {}),
      },
      [sum.measure]: sum.limit,
    },
  }));
}

/** What all other instances count towards the limits on sums. */
export function countOthers(
  context: Paying,
  { uid, namespace }: { readonly uid: string; readonly namespace: string },
): OthersCount {
  const { policy, session } = context;
  const { reservations } = session;
  const limits = accountLimitsOf(context, namespace);
  const isTotalLimited = policy.maxTotalPricePerHour !== undefined;
  if (!isTotalLimited && limits.length === 0) {
    return { kind: 'counted', micros: 0, accountSums: [] };
  }
  const awaited = reservations.awaitedBy(countedAccount(session), isTotalLimited);
  if (awaited !== undefined) {
    return { kind: 'awaited', list: awaited };
  }
  const [all = NOTHING, ...totals] = reservations.elsewhereIn(uid, [
    {},
    ...limits.map(({ limit }) => limit.scope),
  ]);
  return {
    kind: 'counted',
    micros: all.micros,
    accountSums: limits.map(({ sum }, index) => ({ ...sum, counted: totals[index]?.[sum.measure] ?? 0 })),
  };
}
