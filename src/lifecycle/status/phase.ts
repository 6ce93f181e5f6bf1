import type { Condition } from '../../api/gpupod/status.ts';

const PHASES: Readonly<Record<string, string>> = {
  Available: 'Ready',
  NoMatchingOffer: 'Pending',
  PriceUnknown: 'Installing',
  Unreachable: 'Installing',
  Released: 'Deleting',
  CreateUncertain: 'Uncertain',
  CostLimitReached: 'Expired',
  Stale: 'Unknown',
};

/** One word for the column of `kubectl get`. Computed from the conditions, and never read by the operator. */
export function phaseOf(conditions: readonly Condition[]): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  const isStalled = conditions.some(({ type }) => type === 'Stalled');
  if (ready === undefined) {
    return 'Pending';
  }
  const isIdle = ready.reason === 'Pending' || ready.reason === 'NoMatchingOffer';
  return isStalled && isIdle ? 'Stalled' : (PHASES[ready.reason] ?? ready.reason);
}
