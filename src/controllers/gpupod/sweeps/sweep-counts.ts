import type { GpuPodObserver } from '../gpu-pod-options.ts';

type Counts = Parameters<NonNullable<GpuPodObserver['onSwept']>>[0];

/** Reports the sum over the last sweep of each account. */
export function sumOfSweeps(
  observer: GpuPodObserver | undefined,
): (account: string) => (counts: Counts) => void {
  const last = new Map<string, Counts>();
  return (account) => (counts) => {
    last.set(account, counts);
    const all = [...last.values()];
    observer?.onSwept?.({
      duplicates: all.reduce((sum, { duplicates }) => sum + duplicates, 0),
      orphans: all.reduce((sum, { orphans }) => sum + orphans, 0),
    });
  };
}
