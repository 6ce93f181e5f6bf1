import { isReleased, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { oncePerObject } from '../../../api/common/once-per-object.ts';
import { DEFAULT_ACCOUNT_NAME } from '../../../api/common/names.ts';
import { gpusOf, recordedReference } from '../../../accounts/sums/stated.ts';
import type { Clock } from '../../../clock.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import { accountKey, isSamePayer } from '../../../lifecycle/account-identity.ts';
import { isSameAccount } from '../../../lifecycle/account.ts';
import type { AccountIdentity, AccountReference } from '../../../lifecycle/account-identity.ts';
import type { Holding, ProvenHoldings } from './proven-holdings.ts';
import { statedAccount } from './recorded-account.ts';

/** What the GpuPods record about the account that pays for each. The spec does not count. */

/** What GpuPods have with one account. */
export interface AccountUsage extends InstanceSums {
  /** Keys of the GpuPods with an instance or an open create intent. */
  readonly holders: readonly string[];
  /** The namespaces of the GpuPods with an instance. */
  readonly namespaces: readonly NamespaceUsage[];
}

interface InstanceSums {
  readonly instances: number;
  readonly usdPerHour: number;
  readonly gpus: number;
}

/** What the GpuPods of one namespace have with an account. */
export interface NamespaceUsage extends InstanceSums {
  readonly namespace: string;
}

const NO_INSTANCES: InstanceSums = { instances: 0, usdPerHour: 0, gpus: 0 };
export const UNUSED: AccountUsage = { ...NO_INSTANCES, holders: [], namespaces: [] };

/** What all GpuPods have, by account. */
export function usageByAccount(
  objects: readonly KubernetesObject[],
  creates: OpenCreates,
  proven: ProvenHoldings,
): ReadonlyMap<string, AccountUsage> {
  const provenOf = proven();
  const holding = objects.flatMap((object) => {
    const stated = holdingOf(object) ?? openHoldingOf(object, creates);
    return withProven(stated, heldOf(object, provenOf));
  });
  const groups = Map.groupBy(holding, ({ account }) => account);
  return new Map(
    [...groups].map(([account, group]) => [account, usageOf(group.map(({ gpuPod }) => gpuPod))]),
  );
}

/** What the operator surely wrote; nothing for a GpuPod for which it does nothing more. */
function heldOf(object: KubernetesObject, provenOf: ReturnType<ProvenHoldings>): readonly Holding[] {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'ok' && !isReleased(parsed.gpuPod) ? provenOf(parsed.gpuPod) : [];
}

/** Most GpuPods hold only what they state. */
function withProven(stated: Holding | undefined, proven: readonly Holding[]): Holding | readonly Holding[] {
  if (stated === undefined) {
    return proven;
  }
  const others = proven.filter(({ account }) => account !== stated.account);
  return others.length === 0 ? stated : [stated, ...others];
}

/** The account that a create request or create intent holds, as the sums count it. */
export interface OpenCreates {
  openAccountOf(gpuPod: GpuPod): string | undefined;
  /** Whether this process sent, or is about to send, a create request for the account whose outcome is not recorded. */
  isCreatingFor(account: string): boolean;
}

/** Remembered per object, because all GpuPods are summed up twice a second, and few of them have changed since. */
const holdingOf = oncePerObject((object: KubernetesObject): Holding | undefined => {
  const parsed = parseGpuPod(object);
  const reference = parsed.kind === 'ok' ? recordedReference(parsed.gpuPod) : undefined;
  return parsed.kind === 'ok' &&
    reference !== undefined &&
    parsed.gpuPod.status.podId !== undefined &&
    !isReleased(parsed.gpuPod)
    ? { account: accountKey(reference, parsed.gpuPod.metadata.namespace), gpuPod: parsed.gpuPod }
    : undefined;
});

function openHoldingOf(object: KubernetesObject, creates: OpenCreates): Holding | undefined {
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid' || parsed.gpuPod.status.podId !== undefined || isReleased(parsed.gpuPod)) {
    return undefined;
  }
  const account = creates.openAccountOf(parsed.gpuPod);
  return account === undefined ? undefined : { account, gpuPod: parsed.gpuPod };
}

function usageOf(gpuPods: readonly GpuPod[]): AccountUsage {
  const rented = gpuPods.filter(({ status }) => status.podId !== undefined);
  const groups = Map.groupBy(rented, ({ metadata }) => metadata.namespace);
  return {
    ...sumOfInstances(rented),
    holders: gpuPods.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`),
    namespaces: [...groups].map(([namespace, group]) => ({ namespace, ...sumOfInstances(group) })),
  };
}

function sumOfInstances(gpuPods: readonly GpuPod[]): InstanceSums {
  return gpuPods.reduce<InstanceSums>((sum, gpuPod) => {
    const { cost } = gpuPod.status;
    return {
      instances: sum.instances + 1,
      usdPerHour: sum.usdPerHour + (cost?.billedPerHour ?? cost?.pricePerHour ?? 0),
      gpus: sum.gpus + gpusOf(gpuPod),
    };
  }, NO_INSTANCES);
}

/** How long a sum over all GpuPods is good enough for the numbers in the status of accounts. */
const USAGE_AGE_MS = 500;

/** What the GpuPods of an account have, by its name. Before something is given up, the answer must be fresh. */
export type UsageReader = (name: string, isFresh?: boolean) => AccountUsage;

/**
 * What the GpuPods of one account have. The sum is shared, because it reads all GpuPods. An account whose first create
 * request begins is in use at once: it may be deleted in the next moment.
 */
export function usageReader(
  view: { list(): readonly KubernetesObject[] },
  clock: Pick<Clock, 'monotonicMs'>,
  creates: OpenCreates,
  proven: ProvenHoldings,
): UsageReader {
  let atMs = -Infinity;
  let usage: ReadonlyMap<string, AccountUsage> = new Map();
  return (name, isFresh = false) => {
    const isNews = !usage.has(name) && creates.isCreatingFor(name);
    if (isFresh || isNews || clock.monotonicMs() - atMs >= USAGE_AGE_MS) {
      atMs = clock.monotonicMs();
      usage = usageByAccount(view.list(), creates, proven);
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
