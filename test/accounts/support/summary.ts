import { RunningTotals } from '../../../src/accounts/sums/running-totals.ts';
import { summarize } from '../../../src/accounts/sums/summary.ts';
import type { Summary } from '../../../src/accounts/sums/summary.ts';
import type { Counted } from '../../../src/accounts/sums/sum-limits.ts';

/** What these count together. */
export function summaryOf(all: readonly Counted[]): Summary {
  const totals = new RunningTotals();
  for (const one of all) totals.replace(undefined, one);
  return summarize({
    unowned: new Map(),
    totalsIn: (scope) => totals.of(scope).at(scope.unknownPrice),
    namespacesOf: (account) => totals.namespacesOf(account),
    hasOrphansIn: (scope) => totals.hasOwnerlessIn(scope),
  });
}
