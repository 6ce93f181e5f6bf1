import type { GpuPodStatus } from '../api/gpupod/status.ts';
import { isSamePayer } from './account-identity.ts';
import { isResolved } from './intent.ts';
import type { Intent } from './intent.ts';
import type { Observation, InventoryView } from './observation.ts';
import type { PendingCreate } from './local-state.ts';
import { namePrefixOf, isSameAttempt, objectHash, parsePodName, podNamePrefixes } from './pod-name.ts';
import type { Refusal, RefusalReason, Wallet } from './provider.ts';
import { attemptsOf, hasOutcome } from './status/attempts.ts';
import { payingTeam } from './settings.ts';

/**
 * The create intent on the GpuPod whose outcome is not recorded.
 *
 * - `none`: there is none, it is resolved, or it is a copy of another GpuPod's.
 * - `open`: the operator must find its outcome before it rents anything else.
 * - `garbled`: somebody changed or removed the annotation. An instance may exist under any attempt number. The
 *   operator cannot adopt it, because its cap is unknown, and terminates what it finds.
 * - `foreign`: another installation wrote it. The operator neither rents nor adopts.
 */
export type OpenIntent =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly intent: Intent }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'foreign'; readonly intent: Intent };

/** The facts that an open create intent shows from. */
type IntentFacts = Pick<Observation, 'gpuPod' | 'localState' | 'intent' | 'mayAdopt' | 'installation'>;

export function openIntentOf(observation: IntentFacts): OpenIntent {
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

/** Somebody restored older annotations over a create intent whose outcome is unknown. */
function isReplaced(observation: IntentFacts, intent: Intent): boolean {
  return (
    !isSameAttempt(intent.name, observation.localState.pendingCreate?.podName) && isStripped(observation)
  );
}

/** Somebody removed a create intent whose outcome is unknown, for example with `kubectl replace`. */
function isStripped({ localState, gpuPod }: IntentFacts): boolean {
  const { pendingCreate } = localState;
  const isSettled = hasOutcome(gpuPod.status, parsePodName(pendingCreate?.podName)?.attempt);
  return pendingCreate !== undefined && !isKnownNotCreated(pendingCreate) && !isSettled;
}

/**
 * An intent of another UID is a copy, unless that UID existed in this namespace, no longer exists in the cluster, and
 * nobody else has adopted it.
 */
export function isCopy(
  { gpuPod, mayAdopt }: Pick<Observation, 'gpuPod' | 'mayAdopt'>,
  intent: Intent,
): boolean {
  return intent.uid !== gpuPod.metadata.uid && !mayAdopt;
}

/**
 * Whether the intent's name has the hash of its own UID in this namespace. The UID is free text, and an attacker can
 * search for one that matches the short hash of earlier versions, so only the long hash counts.
 */
export function isNamedForItsUid(intent: Intent, namespace: string): boolean {
  return parsePodName(intent.name)?.objectHash === objectHash({ namespace, uid: intent.uid });
}

/** The facts that name checks need. */
type Named = Pick<Observation, 'gpuPod' | 'installation' | 'intent' | 'mayAdopt'>;

/** The name prefixes under which instances of this GpuPod may exist. */
export function namePrefixesOf(observation: Named): ReadonlySet<string> {
  const { gpuPod, installation } = observation;
  const adopted = adoptedPrefix(observation);
  const own = podNamePrefixes(installation, gpuPod.metadata);
  return new Set(adopted === undefined ? own : [...own, adopted]);
}

/** The name prefix of the vanished GpuPod whose instance this one may adopt, or has adopted. */
export function adoptedPrefix({ gpuPod, installation, intent, mayAdopt }: Named): string | undefined {
  const adopted = parsePodName(intent.kind === 'read' ? intent.intent.name : gpuPod.status.podName);
  return mayAdopt && adopted?.installation === installation ? namePrefixOf(adopted) : undefined;
}

/**
 * The wallets that may hold instances of this GpuPod: those of its create intent, of its next request, and of the
 * attempts on record, because `spec.teamId` may have changed. `all` where the intent cannot be read.
 */
export function walletsOf(
  observation: Pick<Observation, 'gpuPod' | 'intent' | 'policy' | 'localState' | 'reference'>,
): readonly Wallet[] | 'all' {
  const { gpuPod, intent, policy, localState, reference } = observation;
  if (intent.kind === 'garbled' || (intent.kind === 'none' && localState.pendingCreate !== undefined)) {
    return 'all';
  }
  const intended = [
    // The team of an earlier account is no wallet of this one.
    ...(intent.kind === 'read' && isSamePayer(intent.intent.payer, reference) ? [intent.intent.teamId] : []),
    ...walletsOnRecord(gpuPod.status, policy),
  ];
  const requested = payingTeam(gpuPod.spec, policy);
  // A team that the settings do not allow has paid for nothing, and is not listed.
  const wallets =
    mayPay(policy, requested) || gpuPod.status.podId !== undefined ? [...intended, requested] : intended;
  return wallets.length === 0 ? [undefined] : [...new Set(wallets)];
}

/**
 * A wallet that is no longer allowed is not listed, so it can prove nothing. It counts only while an attempt in it is
 * open.
 */
function walletsOnRecord(status: GpuPodStatus, policy: Observation['policy']): readonly Wallet[] {
  const created = attemptsOf(status).filter(({ outcome }) => outcome !== 'Refused');
  return created
    .filter(({ outcome, teamId }) => outcome === undefined || teamId === undefined || mayPay(policy, teamId))
    .map(({ teamId }) => teamId);
}

function mayPay({ defaultTeamId, allowedTeamIds }: Observation['policy'], wallet: Wallet): boolean {
  return wallet === defaultTeamId || (wallet !== undefined && allowedTeamIds.includes(wallet));
}

/** Never used twice for one GpuPod: higher than every number that the GpuPod, the provider or this process knows. */
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

/** Reasons that another offer cannot fix: the operator sends the same attempt again later. */
const OF_ACCOUNT: ReadonlySet<RefusalReason> = new Set(['Unauthorized', 'PaymentRequired', 'RateLimited']);

/** Whether the refusal is about the account, not about the offer or the request. */
function isSentAgain({ reason, scope }: Refusal): boolean {
  // A 401 is about the key even where reads succeed. Retries succeed once a person has fixed the key.
  const isOfKey = reason === 'Unauthorized' && scope === 'request';
  return OF_ACCOUNT.has(reason) && (isOfKey || scope === 'team' || scope === 'key');
}

/** Whether the request surely created nothing, so that the operator may send the same attempt again. */
export function isKnownNotCreated(pendingCreate: PendingCreate): boolean {
  const { outcome } = pendingCreate;
  return outcome?.kind === 'notSent' || (outcome?.kind === 'refused' && isSentAgain(outcome));
}
