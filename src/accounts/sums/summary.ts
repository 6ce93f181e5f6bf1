import type { MicroUsd } from '../../offers/money.ts';
import type { UnownedKind } from './live-instances.ts';
import { isIn, pricedFor, sumOf } from './sum-limits.ts';
import type { Counted, Scope, Totals } from './sum-limits.ts';

/** An account, and the limit on prices for which its sums are asked. */
export interface AccountScope extends Pick<Scope, 'userId' | 'unknownPrice'> {
  readonly account: string;
}

/** What counts at one moment, for readers that need several sums. The GpuPods are read once for all of them. */
export interface Summary {
  /** Micro-dollars per hour of the billing instances without a GpuPod. */
  readonly unowned: ReadonlyMap<UnownedKind, MicroUsd>;
  /** All instances of the installation. What may cost anything counts as `unknownPrice`. */
  readonly total: (unknownPrice: MicroUsd | undefined) => Totals;
  /** What counts towards the limits of an account, and of the user that its key belongs to. */
  readonly ofAccount: (scope: AccountScope) => Totals;
  /** What counts towards its limits of each namespace, orphans that may be of it included. */
  readonly namespacesOf: (scope: AccountScope) => ReadonlyMap<string, Totals>;
}

/** Groups what counts, so that each account reads only its own part. */
export function summarize(all: readonly Counted[], unowned: Summary['unowned']): Summary {
  const byAccount = Map.groupBy(all, ({ owner }) => owner?.account);
  const own = (account: string | undefined): readonly Counted[] => byAccount.get(account) ?? [];
  const sum = (scope: Scope, among: readonly Counted[]): Totals =>
    sumOf(among.filter((one) => isIn(scope, one)).map((one) => pricedFor(scope, one)));
  return {
    unowned,
    total: (unknownPrice) => sum({ unknownPrice }, all),
    ofAccount: (scope) => sum(scope, [...own(scope.account), ...own(undefined)]),
    namespacesOf: (scope) => {
      const groups = Map.groupBy(own(scope.account), ({ owner }) => owner?.namespace ?? '');
      return new Map(
        [...groups].map(([namespace, group]) => [
          namespace,
          sum({ ...scope, namespace }, [...group, ...own(undefined)]),
        ]),
      );
    },
  };
}
