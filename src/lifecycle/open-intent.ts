import type { GpuPodStatus } from '../api/status.ts';
import { isResolved } from './intent.ts';
import type { Intent } from './intent.ts';
import type { Observation, InventoryView } from './observation.ts';
import type { PendingCreate } from './local-state.ts';
import { namePrefixOf, isSameAttempt, objectHash, parsePodName, podNamePrefixes } from './pod-name.ts';
import type { Refusal, RefusalReason, Wallet } from './provider.ts';
import { attemptsOf, hasOutcome } from './status/attempts.ts';

/**
 * The order that stands on the object without an outcome.
 *
 * - `none`: there is none, or it is resolved, or it is the copy of another object's.
 * - `open`: its outcome must be found out before anything else is rented.
 * - `garbled`: somebody changed or removed the annotation; a pod of this object may exist under any attempt. It
 *   cannot be adopted, because nobody knows what it was to cost: what is found is ended.
 * - `foreign`: another installation wrote it: neither rented on nor adopted.
 */
export type OpenIntent =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly intent: Intent }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'foreign'; readonly intent: Intent };

export function openIntentOf(observation: Observation): OpenIntent {
  const { intent: reading, gpuPod, installation } = observation;
  if (gpuPod.status.podId !== undefined) {
    return { kind: 'none' };
  }
  if (reading.kind === 'none') {
    return isStripped(observation) ? { kind: 'garbled' } : { kind: 'none' };
  }
  if (reading.kind === 'garbled') {
    return { kind: 'garbled' };
  }
  const { intent } = reading;
  if (isResolved(gpuPod, intent) || isCopy(observation, intent)) {
    return isReplaced(observation, intent) ? { kind: 'garbled' } : { kind: 'none' };
  }
  return intent.installation === installation ? { kind: 'open', intent } : { kind: 'foreign', intent };
}

/** The intent of an older moment stands where that of an order without an outcome stood (a backup of annotations). */
function isReplaced(observation: Observation, intent: Intent): boolean {
  return (
    !isSameAttempt(intent.name, observation.localState.pendingCreate?.podName) && isStripped(observation)
  );
}

/** This process knows of an order without an outcome, and its intent is gone from the object (`kubectl replace`). */
function isStripped({ localState, gpuPod }: Observation): boolean {
  const { pendingCreate } = localState;
  const isSettled = hasOutcome(gpuPod.status, parsePodName(pendingCreate?.podName)?.attempt);
  return pendingCreate !== undefined && !isKnownNotCreated(pendingCreate) && !isSettled;
}

/**
 * An intent of another uid belongs to this object only if it was written for an object of this namespace
 * that does not live any more (a restored backup), and nobody else has claimed it. Else it was copied.
 */
export function isCopy(
  { gpuPod, mayAdopt }: Pick<Observation, 'gpuPod' | 'mayAdopt'>,
  intent: Intent,
): boolean {
  return intent.uid !== gpuPod.metadata.uid && !mayAdopt;
}

/**
 * Whether the name in the intent is one that an object of this namespace with the intent's uid had. The uid is free
 * text, and one that fits what earlier versions wrote can be searched for: that is no proof.
 */
export function isNamedForItsUid(intent: Intent, namespace: string): boolean {
  return parsePodName(intent.name)?.objectHash === objectHash({ namespace, uid: intent.uid });
}

/** What a decision about names rests on. */
type Named = Pick<Observation, 'gpuPod' | 'installation' | 'intent' | 'mayAdopt'>;

/** The fronts of names under which pods of this object may exist. */
export function namePrefixesOf(observation: Named): ReadonlySet<string> {
  const { gpuPod, installation } = observation;
  const adopted = adoptedPrefix(observation);
  const own = podNamePrefixes(installation, gpuPod.metadata);
  return new Set(adopted === undefined ? own : [...own, adopted]);
}

/** The name prefix of the vanished object whose instance this one may take over, or has. */
export function adoptedPrefix({ gpuPod, installation, intent, mayAdopt }: Named): string | undefined {
  const adopted = parsePodName(intent.kind === 'read' ? intent.intent.name : gpuPod.status.podName);
  return mayAdopt && adopted?.installation === installation ? namePrefixOf(adopted) : undefined;
}

/**
 * The wallets that may hold instances of this object: the one that its order names, the one that the next would name, and
 * those of attempts on record: `spec.teamId` may have changed since. `all` where an order stood on it that nobody can read.
 */
export function walletsOf(
  observation: Pick<Observation, 'gpuPod' | 'intent' | 'policy' | 'localState'>,
): readonly Wallet[] | 'all' {
  const { gpuPod, intent, policy, localState } = observation;
  if (intent.kind === 'garbled' || (intent.kind === 'none' && localState.pendingCreate !== undefined)) {
    return 'all';
  }
  const intended = [
    ...(intent.kind === 'read' ? [intent.intent.teamId] : []),
    ...walletsOnRecord(gpuPod.status, policy),
  ];
  const requested = gpuPod.spec.teamId ?? policy.defaultTeamId;
  // A team that no order may name has paid for nothing, and is not listed.
  const wallets =
    mayPay(policy, requested) || gpuPod.status.podId !== undefined ? [...intended, requested] : intended;
  return wallets.length === 0 ? [undefined] : [...new Set(wallets)];
}

/** One that is not listed any more can prove nothing; only what goes on there is waited for. */
function walletsOnRecord(status: GpuPodStatus, policy: Observation['policy']): readonly Wallet[] {
  const created = attemptsOf(status).filter(({ outcome }) => outcome !== 'Refused');
  return created
    .filter(({ outcome, teamId }) => outcome === undefined || teamId === undefined || mayPay(policy, teamId))
    .map(({ teamId }) => teamId);
}

function mayPay({ defaultTeamId, allowedTeamIds }: Observation['policy'], wallet: Wallet): boolean {
  return wallet === defaultTeamId || (wallet !== undefined && allowedTeamIds.includes(wallet));
}

/** Never used twice for one object: above every number that the object, the provider or this process knows. */
export function nextAttemptNumber({ intent, gpuPod, inventory, localState }: Observation): number {
  const recorded = attemptsOf(gpuPod.status).map(({ number }) => number);
  const names = [localState.pendingCreate?.podName, ...instances(inventory).map(({ name }) => name)];
  const named = names.map((name) => parsePodName(name)?.attempt ?? 0);
  const isOwn = intent.kind === 'read' && intent.intent.uid === gpuPod.metadata.uid;
  return 1 + Math.max(0, isOwn ? intent.intent.attempt : 0, ...recorded, ...named);
}

function instances(inventory: InventoryView | undefined): readonly { readonly name?: string }[] {
  return inventory === undefined ? [] : [...inventory.live, ...inventory.ended];
}

/** Reasons that no other offer can mend: the same attempt is sent again later. */
const OF_ACCOUNT: ReadonlySet<RefusalReason> = new Set(['Unauthorized', 'PaymentRequired', 'RateLimited']);

/** Whether a refusal concerns the account and says nothing against the offer or what was asked of it. */
function isSentAgain({ reason, scope }: Refusal): boolean {
  // 401 is about the key by definition, even where it reads well: a person mends the key, and all goes on by itself.
  const isOfKey = reason === 'Unauthorized' && scope === 'request';
  return OF_ACCOUNT.has(reason) && (isOfKey || scope === 'team' || scope === 'key');
}

/** Whether it is certain that no pod came of the order, and the same attempt may simply be sent again. */
export function isKnownNotCreated(pendingCreate: PendingCreate): boolean {
  const { outcome } = pendingCreate;
  return outcome?.kind === 'notSent' || (outcome?.kind === 'refused' && isSentAgain(outcome));
}
