import { parseGpuPod } from '../api/gpu-pod.ts';
import type { AccountState } from '../lifecycle/observation.ts';
import { parsePodName } from '../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../lifecycle/provider.ts';
import type { AccountWatch } from './account-watch.ts';
import type { GpuPodView } from './ports.ts';

/** Whether the provider may be asked about instances: not with a key of nobody knows whom. */
export function mayAsk(state: AccountState): boolean {
  return state.kind === 'fits' || (state.kind === 'changed' && state.userId !== undefined);
}

/** Whether what lists do not show with this key is missing for those whom the books are about. */
export function isSurelyOurs(state: AccountState): boolean {
  return state.kind === 'fits' && state.unconfirmed === undefined && state.unanswered === undefined;
}

/** What an instance tells of the key that shows it: one of a team may be of any of its members. */
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

/** The same for a complete list: the instances of this installation. */
export function noteOwnPods(
  account: Pick<AccountWatch, 'noteOwn' | 'keyVersion' | 'state'>,
  { instances, beganAtMs, installation }: ListedPods,
): void {
  const { state } = account;
  // A list that began before the key was put in tells of another one.
  if (state.kind !== 'fits' || state.userId !== undefined || beganAtMs < (state.sinceMs ?? -Infinity)) {
    return;
  }
  for (const instance of instances.filter(({ name }) => parsePodName(name)?.installation === installation)) {
    noteOwnPod(account, instance, account.keyVersion());
  }
}

/** The accounts on which GpuPods say that they rent, as `<origin> <user id>`. By the status: only the operator writes it. */
export function namedAccounts(view: Pick<GpuPodView, 'list'>): readonly string[] {
  return view.list().flatMap((object) => {
    const parsed = parseGpuPod(object);
    const { podId, account } = parsed.kind === 'ok' ? parsed.gpuPod.status : {};
    return podId === undefined || account?.origin === undefined
      ? []
      : [`${account.origin} ${account.userId}`];
  });
}
