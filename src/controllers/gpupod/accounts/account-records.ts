import { hasFinalizer, isDeleting, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { DEFAULT_ACCOUNT_NAME } from '../../../api/common/names.ts';
import { gpusOf, recordedReference } from '../../../accounts/sums/stated.ts';
import type { Clock } from '../../../clock.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import { accountKey, isSamePayer } from '../../../lifecycle/account-identity.ts';
import { unresolvedIntent } from '../../../lifecycle/intent.ts';
import { isSameAccount } from '../../../lifecycle/account.ts';
import type { AccountIdentity, AccountReference } from '../../../lifecycle/account-identity.ts';
import { statedAccount } from './recorded-account.ts';

/** What the GpuPods record about the account that pays for each. The spec does not count. */

/** What GpuPods have with one account. */
export interface AccountUsage {
  readonly instances: number;
  readonly usdPerHour: number;
  readonly gpus: number;
  /** Keys of the GpuPods with an instance or an open create intent. */
  readonly holders: readonly string[];
}

export const UNUSED: AccountUsage = { instances: 0, usdPerHour: 0, gpus: 0, holders: [] };

/** What all GpuPods have, by account. */
export function usageByAccount(objects: readonly KubernetesObject[]): ReadonlyMap<string, AccountUsage> {
  const usage = new Map<string, AccountUsage>();
  for (const object of objects) {
    const parsed = parseGpuPod(object);
    const reference = parsed.kind === 'ok' ? recordedReference(parsed.gpuPod) : undefined;
    if (parsed.kind === 'ok' && reference !== undefined) {
      const key = accountKey(reference, parsed.gpuPod.metadata.namespace);
      usage.set(key, withInstance(usage.get(key) ?? UNUSED, parsed.gpuPod));
    }
  }
  return usage;
}

function withInstance(usage: AccountUsage, gpuPod: GpuPod): AccountUsage {
  const { podId, cost } = gpuPod.status;
  const isReleased = isDeleting(gpuPod) && !hasFinalizer(gpuPod);
  if (isReleased || (podId === undefined && unresolvedIntent(gpuPod) === undefined)) {
    return usage;
  }
  const { namespace, name } = gpuPod.metadata;
  const holders = [...usage.holders, `${namespace}/${name}`];
  return podId === undefined
    ? { ...usage, holders }
    : {
        instances: usage.instances + 1,
        usdPerHour: usage.usdPerHour + (cost?.billedPerHour ?? cost?.pricePerHour ?? 0),
        gpus: usage.gpus + gpusOf(gpuPod),
        holders,
      };
}

/** How long a sum over all GpuPods is good enough for the numbers in the status of accounts. */
const USAGE_AGE_MS = 500;

/** What the GpuPods of an account have, by its name. Before something is given up, the answer must be fresh. */
export type UsageReader = (name: string, isFresh?: boolean) => AccountUsage;

/** What the GpuPods of one account have. The sum is shared, because it reads all GpuPods. */
export function usageReader(
  view: { list(): readonly KubernetesObject[] },
  clock: Pick<Clock, 'monotonicMs'>,
): UsageReader {
  let atMs = -Infinity;
  let usage: ReadonlyMap<string, AccountUsage> = new Map();
  return (name, isFresh = false) => {
    if (isFresh || clock.monotonicMs() - atMs >= USAGE_AGE_MS) {
      atMs = clock.monotonicMs();
      usage = usageByAccount(view.list());
    }
    return usage.get(name) ?? UNUSED;
  };
}

/** Keys of the GpuPods that a change of this account may concern. */
export function dependantsOf(
  { kind, name, namespace }: AccountReference & { readonly namespace?: string | undefined },
  objects: readonly KubernetesObject[],
): readonly string[] {
  return objects.filter((object) => dependsOn(object, { kind, name }, namespace)).map(objectKey);
}

/** Keys of the GpuPods whose instance or create intent is recorded with this user. */
export function dependantsOfUser(
  identity: AccountIdentity,
  objects: readonly KubernetesObject[],
): readonly string[] {
  return objects.filter((object) => isOfUser(object, identity)).map(objectKey);
}

function isOfUser(object: KubernetesObject, identity: AccountIdentity): boolean {
  const parsed = parseGpuPod(object);
  const stated = parsed.kind === 'ok' ? statedAccount(parsed.gpuPod) : undefined;
  return stated !== undefined && isSameAccount(stated, identity);
}

function dependsOn(
  object: KubernetesObject,
  reference: AccountReference,
  namespace: string | undefined,
): boolean {
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid' || (namespace !== undefined && namespace !== object.metadata.namespace)) {
    return false;
  }
  const { accountRef } = parsed.gpuPod.spec;
  const isDefault = reference.kind === 'ClusterGpuAccount' || reference.name === DEFAULT_ACCOUNT_NAME;
  return (
    (accountRef === undefined ? isDefault : isSamePayer(accountRef, reference)) ||
    isSamePayer(recordedReference(parsed.gpuPod), reference)
  );
}
