import type { MicroUsd } from '../../offers/money.ts';
import type { UnownedKind } from './live-instances.ts';
import { isIn, sumOf } from './sum-limits.ts';
import type { Counted, Totals } from './sum-limits.ts';

/** What counts at one moment, for readers that need several sums. The GpuPods are read once for all of them. */
export interface Summary {
  /** Micro-dollars per hour of the billing instances without a GpuPod. */
  readonly unowned: ReadonlyMap<UnownedKind, MicroUsd>;
  /** All instances of the installation, as the limit on all of them counts. */
  readonly total: Totals;
  /** What counts towards the limits of an account, and of the user that its key belongs to. */
  readonly ofAccount: (account: string, userId: string | undefined) => Totals;
  /** What counts towards its limits of each namespace, orphans that may be of it included. */
  readonly namespacesOf: (account: string, userId: string | undefined) => ReadonlyMap<string, Totals>;
}

/** Groups what counts, so that each account reads only its own part. */
export function summarize(all: readonly Counted[], unowned: Summary['unowned']): Summary {
  const byAccount = Map.groupBy(all, ({ owner }) => owner?.account);
  const own = (account: string | undefined): readonly Counted[] => byAccount.get(account) ?? [];
  return {
    unowned,
    total: sumOf(all),
    ofAccount: (account, userId) =>
      sumOf([...own(account), ...own(undefined)].filter((one) => isIn({ account, userId }, one))),
    namespacesOf: (account, userId) => {
      const groups = Map.groupBy(own(account), ({ owner }) => owner?.namespace ?? '');
      return new Map(
        [...groups].map(([namespace, group]) => {
          const orphans = own(undefined).filter((one) => isIn({ account, userId, namespace }, one));
          return [namespace, sumOf([...group, ...orphans])];
        }),
      );
    },
  };
}
