import { ANNOTATIONS } from '../../../api/common/names.ts';
import { podNamePrefixes } from '../../../lifecycle/pod-name.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { terminatesAllInstances } from '../../../lifecycle/instance-relation.ts';
import type { Observation } from '../../../lifecycle/observation.ts';
import type { Context } from '../context.ts';

type Former = Pick<AccountSession, 'name' | 'inventory'> & {
  readonly account: Pick<AccountSession['account'], 'state'>;
};

/**
 * What the accounts list that acted for this GpuPod before. The reconcile of a GpuPod looks at the account that acts
 * now, and once it is released nobody terminates what a former account still has.
 */
export function formerAccountsOf(
  {
    former = [],
    installation,
    policy,
  }: Pick<Context, 'installation' | 'policy'> & { former?: readonly Former[] },
  gpuPod: GpuPod,
): Pick<Observation, 'formerAccounts'> {
  if (former.length === 0 || !terminatesAllInstances({ gpuPod, policy })) {
    return {};
  }
  const namePrefixes = new Set(podNamePrefixes(installation, gpuPod.metadata));
  const confirmed = (gpuPod.metadata.annotations[ANNOTATIONS.confirmAbsent] ?? '')
    .split(',')
    .map((name) => name.trim());
  return {
    formerAccounts: former.map(({ name, inventory, account }) => {
      const view = inventory.view({ namePrefixes, podId: undefined, wallets: 'all' });
      const own = identityOf(account.state)?.userId;
      // In a team any member may have rented it.
      const live = view?.live.filter(({ userId }) => userId === undefined || userId === own) ?? [];
      return {
        account: name,
        beganAtMs: confirmed.includes(name) ? Infinity : (view?.beganAtMs ?? -Infinity),
        podIds: live.map(({ podId }) => podId),
        ...(view?.doubt === undefined ? {} : { doubt: view.doubt }),
      };
    }),
  };
}

/** Requests lists of the former accounts, as long as the deletion of this GpuPod waits for them. */
export function watchFormerAccounts(
  former: readonly Pick<AccountSession, 'inventory'>[],
  key: string,
  { formerAccounts }: Pick<Observation, 'formerAccounts'>,
  afterMs: number | undefined,
): void {
  for (const { inventory } of former) {
    if (formerAccounts === undefined || afterMs === undefined) {
      inventory.forget(key);
    } else {
      inventory.want(key, { afterMs, wallets: 'all' });
    }
  }
}
