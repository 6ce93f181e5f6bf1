import { ANNOTATIONS } from '../../api/common/names.ts';
import { accountKeyName } from '../account-identity.ts';
import type { FormerAccount, Observation } from '../observation.ts';
import type { ConditionDrafts } from '../status/draft.ts';

/**
 * The account that acted before and that the deletion waits for, and when it must be listed again; undefined once the
 * lists of all of them show nothing of this GpuPod.
 */
export function awaitedFormer(
  { formerAccounts = [], timings }: Pick<Observation, 'formerAccounts' | 'timings'>,
  sinceMs: number,
): { readonly account: FormerAccount; readonly atMs: number } | undefined {
  const unlisted = formerAccounts.find(({ beganAtMs }) => beganAtMs < sinceMs);
  if (unlisted !== undefined) {
    return { account: unlisted, atMs: sinceMs };
  }
  const holding = formerAccounts.find(({ podIds }) => podIds.length > 0);
  // The sweep of that account terminates it within minutes. No list is newer than what a person has confirmed.
  const listedAtMs = Number.isFinite(holding?.beganAtMs) ? (holding?.beganAtMs ?? sinceMs) : sinceMs;
  return holding === undefined ? undefined : { account: holding, atMs: listedAtMs + timings.quietPollMs };
}

/** What the GpuPod says meanwhile: the account, why it cannot be listed, and the way out. */
export function formerDrafts({ account, podIds, doubt }: FormerAccount): Partial<ConditionDrafts> {
  const name = accountKeyName(account);
  const [podId] = podIds;
  if (podId !== undefined) {
    return {
      Ready: [
        'Deleting',
        `Instance ${podId} of this GpuPod still bills on ${name}, which paid before. The operator terminates it within about 10 minutes.`,
      ],
    };
  }
  return {
    Ready: [
      'Deleting',
      `Checking that no instance of this GpuPod is still running on ${name}, which paid before.`,
    ],
    ...(doubt === undefined
      ? {}
      : {
          Synced: [
            doubt.reason,
            `An instance of this GpuPod may bill on ${name}, which paid before and cannot be listed. If none is there at the provider, set ${ANNOTATIONS.confirmAbsent} to ${account}. ${doubt.message}`,
          ],
        }),
  };
}
