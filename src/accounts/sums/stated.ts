import { ACCOUNT_PLURALS } from '../../api/common/names.ts';
import type { AccountKind } from '../../api/common/names.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { accountKey } from '../../lifecycle/account-identity.ts';
import type { AccountIdentity, AccountReference } from '../../lifecycle/account-identity.ts';
import { stringAt } from '../../json.ts';
import { attemptsOf, currentAttempt } from '../../lifecycle/status/attempts.ts';
import { intentOf } from '../../lifecycle/intent.ts';
import type { InstanceSnapshot, Wallet } from '../../lifecycle/provider.ts';
import { priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';

/** What the list of retained instances says about one. */
export interface RetainedEntry {
  readonly podId: string;
  readonly podName: string;
  readonly teamId?: string;
  readonly usdPerHour?: number;
  readonly gpuCount?: number;
  readonly account?: AccountIdentity;
  readonly owner?: Owner;
}

/** Name of the account behind the operator's own key. */
export const OWN_ACCOUNT = 'operator';

/** The account and the namespace that an instance counts for. */
export interface Owner {
  /** As `accountKey` writes it, or `operator`. */
  readonly account: string;
  readonly namespace: string;
}

/** The GpuAccount or ClusterGpuAccount that is recorded with the instance, or in the last create intent. */
export function recordedReference(gpuPod: GpuPod): AccountReference | undefined {
  const { podId, account } = gpuPod.status;
  if (podId === undefined) {
    return intentOf(gpuPod)?.payer ?? readReference(account);
  }
  return account === undefined ? intentOf(gpuPod)?.payer : readReference(account);
}

/** The account that a record names; undefined for the operator's own key, and for a kind that this version lacks. */
export function readReference(record: object | undefined): AccountReference | undefined {
  const [kind, name] = [stringAt(record, 'kind'), stringAt(record, 'name')];
  return kind !== undefined && name !== undefined && isAccountKind(kind) ? { kind, name } : undefined;
}

function isAccountKind(kind: string): kind is AccountKind {
  return Object.hasOwn(ACCOUNT_PLURALS, kind);
}

/** The account and namespace that the instance or create intent of a GpuPod counts for. */
export function ownerOf(gpuPod: GpuPod): Owner {
  return ownerFor(recordedReference(gpuPod), gpuPod.metadata.namespace);
}

/** The same for the account that pays for the next instance. */
export function ownerFor(reference: AccountReference | undefined, namespace: string): Owner {
  return { account: reference === undefined ? OWN_ACCOUNT : accountKey(reference, namespace), namespace };
}

/** The user that is recorded with the instance or create intent. */
export function userOf(gpuPod: GpuPod): string | undefined {
  return gpuPod.status.account?.userId ?? intentOf(gpuPod)?.account;
}

/** The team that is recorded with the instance or create intent, and whose wallet pays; undefined: the user's own. */
export function walletOf(gpuPod: GpuPod): Wallet {
  return currentAttempt(gpuPod.status)?.teamId ?? intentOf(gpuPod)?.teamId;
}

export function gpusOf(gpuPod: GpuPod): number {
  const { spec, status } = gpuPod;
  return status.offer?.gpuCount ?? intentOf(gpuPod)?.offer.gpuCount ?? spec.gpu.count;
}

/** The higher of the two prices in the status: the computed one, and the one that the provider states. */
export function saidPrice({ status: { cost } }: GpuPod): MicroUsd {
  return priceToMicros(Math.max(cost?.pricePerHour ?? 0, cost?.billedPerHour ?? 0));
}

export function listedPrice({ priceUsdPerHour }: InstanceSnapshot): MicroUsd | undefined {
  return priceUsdPerHour === undefined ? undefined : priceToMicros(priceUsdPerHour);
}

/** Whether the status says that the instance which it names has ended. */
export function isSaidEnded({ status }: GpuPod): boolean {
  return status.terminatedAt !== undefined || endedIdsOf(status).includes(status.podId);
}

/** IDs of the instances that the status states as ended. */
export function endedIdsOf(status: GpuPodStatus): readonly (string | undefined)[] {
  return attemptsOf(status)
    .filter(({ podId, outcome }) => podId !== undefined && outcome !== undefined && outcome !== 'Released')
    .map(({ podId }) => podId);
}
