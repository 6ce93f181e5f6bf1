import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import { sessionBeganAtMs } from '../../lifecycle/account.ts';
import type { AccountState } from '../../lifecycle/observation.ts';
import { parsePodName } from '../../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../lifecycle/provider.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { AccountWatch } from './account-watch.ts';

/** All GpuPods, as this process last saw them. */
export interface GpuPodList {
  list(): readonly KubernetesObject[];
}

/**
 * True if the operator may ask the provider about instances: the API key fits, or its account is known to be another
 * one.
 */
export function mayAsk(state: AccountState): boolean {
  return state.kind === 'fits' || (state.kind === 'changed' && state.userId !== undefined);
}

/**
 * True if an instance that the list lacks is missing from our own account: the account of the key is confirmed, and the
 * list did not begin with an earlier key.
 */
export function isSurelyOurs(state: AccountState, listBeganAtMs: number): boolean {
  return (
    state.kind === 'fits' &&
    state.unconfirmed === undefined &&
    state.unanswered === undefined &&
    listBeganAtMs >= sessionBeganAtMs(state)
  );
}

/**
 * Learns the account of the API key from an instance that it shows. A team's instance may belong to any member, so it
 * proves nothing.
 */
export function noteOwnPod(
  account: Pick<AccountWatch, 'noteOwn'>,
  { userId, teamId }: InstanceSnapshot,
  keyVersion: number,
): void {
  if (teamId === undefined) {
    account.noteOwn(userId, keyVersion);
  }
}

interface ListedPods {
  readonly instances: readonly InstanceSnapshot[];
  readonly beganAtMs: number;
  readonly installation: string;
}

/** The same for all instances of this installation in a complete list. */
export function noteOwnPods(
  account: Pick<AccountWatch, 'noteOwn' | 'keyVersion' | 'state'>,
  { instances, beganAtMs, installation }: ListedPods,
): void {
  const { state } = account;
  // A list that began before the current key was in use describes another key.
  if (state.kind !== 'fits' || state.userId !== undefined || beganAtMs < (state.sinceMs ?? -Infinity)) {
    return;
  }
  for (const instance of instances.filter(({ name }) => parsePodName(name)?.installation === installation)) {
    noteOwnPod(account, instance, account.keyVersion());
  }
}

/**
 * The accounts on which GpuPods have instances, as `<origin> <user id>`. They come from the status, where somebody may
 * have edited them. Instances of GpuAccounts and ClusterGpuAccounts say nothing about the operator's own key.
 */
export function namedAccounts(view: GpuPodList): readonly string[] {
  return view.list().flatMap((object) => {
    const parsed = parseGpuPod(object);
    const { podId, account } = parsed.kind === 'ok' ? parsed.gpuPod.status : {};
    return podId === undefined || account?.origin === undefined || account.kind !== undefined
      ? []
      : [`${account.origin} ${account.userId}`];
  });
}
