import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { AccountReference } from '../../lifecycle/account-identity.ts';
import { unresolvedIntent, writingOf } from '../../lifecycle/intent.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import { isNamedForItsUid } from '../../lifecycle/open-intent.ts';
import { objectHashes, parsePodName } from '../../lifecycle/pod-name.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import { ownerFor } from './stated.ts';
import type { Owner } from './stated.ts';

/** What is known of the account that a create intent names, as seen from a namespace. */
export interface StatedPayer {
  /** False if the account surely does not serve the namespace. */
  readonly isForNamespace: boolean;
  /** What one of its instances costs at most. */
  readonly maxPrice?: MicroUsd | undefined;
  readonly maxGpus?: number | undefined;
  readonly allowPrepaid: boolean;
}

export type StatedPayers = (reference: AccountReference | undefined, namespace: string) => StatedPayer;

/** What a create intent counts that this process did not write, or that somebody edited. Anybody may write one. */
export interface StatedIntent {
  readonly name: string;
  /** See `writingOf`. */
  readonly writing: string;
  /** It is of this UID, so the GpuPod rents nothing else before its outcome is known. */
  readonly isOwn: boolean;
  readonly owner: Owner;
  /** With the account that the intent names, whether or not that serves the namespace. */
  readonly statedOwner: Owner;
  readonly micros: MicroUsd;
  readonly gpus: number;
}

/** Counts for no account, because none of this name serves the namespace. It counts for the total all the same. */
const NO_ACCOUNT = '';

/**
 * What the open create intent of a GpuPod counts. The instance name must carry the hash of this GpuPod, or that of a
 * GpuPod of its namespace that no longer exists: then this one may adopt the instance. Any other intent, a copy of one
 * for example, counts nothing, because the operator rents and adopts nothing by it.
 *
 * @param isAlive whether a GpuPod of this UID exists
 */
export function statedIntentOf(
  gpuPod: GpuPod,
  payers: StatedPayers,
  isAlive: (uid: string) => boolean,
): StatedIntent | undefined {
  const intent = unresolvedIntent(gpuPod);
  if (intent === undefined) {
    return undefined;
  }
  const { uid, namespace } = gpuPod.metadata;
  const isOwn = intent.uid === uid && isNamedFor(gpuPod, intent);
  const isVanished = !isOwn && isNamedForItsUid(intent, namespace) && !isAlive(intent.uid);
  return isOwn || isVanished ? bounded(intent, namespace, payers, isOwn) : undefined;
}

/** Whether an instance of the create intent can be one of this GpuPod, or of one that it may adopt from. */
export function mayBeOf(gpuPod: GpuPod, intent: Intent): boolean {
  return isNamedFor(gpuPod, intent) || isNamedForItsUid(intent, gpuPod.metadata.namespace);
}

/** Under any installation ID: the record of it may have been lost. */
function isNamedFor({ metadata }: GpuPod, { name }: Intent): boolean {
  return objectHashes(metadata).includes(parsePodName(name)?.objectHash ?? '');
}

/** Nobody can rent above the limits of the account, so an intent that states more was edited. */
function bounded(intent: Intent, namespace: string, payers: StatedPayers, isOwn: boolean): StatedIntent {
  const { payer, cost, offer, name } = intent;
  const { isForNamespace, maxPrice = Infinity, maxGpus = Infinity, allowPrepaid } = payers(payer, namespace);
  const price = Math.min(cost.total, maxPrice);
  const statedOwner = ownerFor(payer, namespace);
  return {
    name,
    writing: writingOf(intent),
    isOwn,
    owner: isForNamespace ? statedOwner : { account: NO_ACCOUNT, namespace },
    statedOwner,
    micros: allowPrepaid ? chargedAtOnce(price, offer.prepaidHours) : price,
    gpus: Math.min(offer.gpuCount, maxGpus),
  };
}
