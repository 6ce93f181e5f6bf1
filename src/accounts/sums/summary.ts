import type { MicroUsd } from '../../offers/money.ts';
import type { UnownedKind } from './live-instances.ts';
import type { Scope, Totals } from './sum-limits.ts';

/** An account, and the limit on prices for which its sums are asked. */
export interface AccountScope extends Pick<Scope, 'userId' | 'unknownPrice'> {
  readonly account: string;
}

/** What counts at one moment, for readers that need several sums. Ask before anything else can happen. */
export interface Summary {
  /** Micro-dollars per hour of the billing instances without a GpuPod. */
  readonly unowned: ReadonlyMap<UnownedKind, MicroUsd>;
  /** All instances of the installation. What may cost anything counts as `unknownPrice`. */
  readonly total: (unknownPrice: MicroUsd | undefined) => Totals;
  /** What counts towards the limits of an account, and of the user that its key belongs to. */
  readonly ofAccount: (scope: AccountScope) => Totals;
  /**
   * What counts towards its limits of each namespace, orphans that may be of it included.
   *
   * @param served the namespaces that the account serves. Those in which only orphans may count are among the result.
   */
  readonly namespacesOf: (
    scope: AccountScope,
    served: () => readonly string[],
  ) => ReadonlyMap<string, Totals>;
}

interface SummaryParts {
  readonly unowned: Summary['unowned'];
  readonly totalsIn: (scope: Scope) => Totals;
  /** The namespaces with something that counts for the account. */
  readonly namespacesOf: (account: string) => readonly string[];
  /** Whether something counts that has no known owner. */
  readonly hasOrphansIn: (scope: Scope) => boolean;
}

export function summarize({ unowned, totalsIn, namespacesOf, hasOrphansIn }: SummaryParts): Summary {
  const withOrphans = (scope: AccountScope, served: () => readonly string[]): readonly string[] =>
    hasOrphansIn(scope) ? served().filter((namespace) => hasOrphansIn({ ...scope, namespace })) : [];
  return {
    unowned,
    total: (unknownPrice) => totalsIn({ unknownPrice }),
    ofAccount: totalsIn,
    namespacesOf: (scope, served) => {
      const namespaces = new Set([...namespacesOf(scope.account), ...withOrphans(scope, served)]);
      return new Map([...namespaces].map((namespace) => [namespace, totalsIn({ ...scope, namespace })]));
    },
  };
}
