import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { isSamePayer } from './account-identity.ts';
import type { AccountIdentity } from './account-identity.ts';
import type { AccountState, Observation } from './observation.ts';
import type { LocalState } from './local-state.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import { isKnownNotCreated, openIntentOf } from './open-intent.ts';
import { sameName } from './pod-name.ts';

/** What bills or may bill for a GpuPod, and the account that it was recorded with. Undefined where nothing does. */
export interface Liability {
  readonly kind: 'instance' | 'create';
  /** ID of the instance, or the name in the create intent. */
  readonly name: string;
  readonly recorded: AccountIdentity | undefined;
  /** Fingerprint of the API key that the create intent was written for; set where the provider named no user for it. */
  readonly keyFingerprint?: string | undefined;
}

/**
 * Whether an answer to this API key can prove anything about the instance or create intent of a GpuPod.
 *
 * - `fits`: the key sees it, so an absence from its lists counts.
 * - `foreign`: the key belongs to another account. Its lists prove nothing, and the operator does nothing for the
 *   GpuPod.
 * - `unconfirmed`: the provider does not say whose key it is, and the key has not shown anything of the recorded
 *   account. Presence proves something, absence does not.
 */
export type AccountVerdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'foreign'; readonly liability: Liability; readonly recorded: AccountIdentity }
  | {
      readonly kind: 'unconfirmed';
      readonly liability: Liability;
      /** Undefined where the create intent was written for another key of an unknown user, or nothing is recorded. */
      readonly recorded: AccountIdentity | undefined;
    };

const FITS: AccountVerdict = { kind: 'fits' };

export function accountVerdict(observation: Observation): AccountVerdict {
  const { account } = observation;
  const liability = bindingLiability(observation);
  if (liability === undefined || account.kind === 'unknown') {
    return FITS;
  }
  if (liability.recorded === undefined && liability.keyFingerprint !== undefined) {
    return keyVerdict(observation, liability);
  }
  // Instances from before accounts were recorded belong to the account of the installation.
  const recorded = liability.recorded ?? account.unmarked;
  if (recorded === undefined) {
    return unrecordedVerdict(observation, liability);
  }
  const session = identityOf(account);
  if (session !== undefined) {
    return isSameAccount(session, recorded)
      ? provenVerdict(observation, liability, recorded)
      : { kind: 'foreign', liability, recorded };
  }
  return isSeenInSession(observation, liability) ? FITS : { kind: 'unconfirmed', liability, recorded };
}

/** An account that somebody may have written into the status proves nothing before its key has shown the instance. */
function provenVerdict(
  observation: Observation,
  liability: Liability,
  recorded: AccountIdentity,
): AccountVerdict {
  const isDoubtful = observation.isAccountUnproven === true && liability.kind === 'instance';
  return isDoubtful && !isSeenInSession(observation, liability)
    ? { kind: 'unconfirmed', liability, recorded }
    : FITS;
}

/**
 * Nothing assigns it to the user of an account's key. An unreadable create intent has no name that could show it, so
 * the account that would pay next looks for it.
 */
function unrecordedVerdict(observation: Observation, liability: Liability): AccountVerdict {
  const isProven =
    observation.reference === undefined || liability.name === '' || isSeenInSession(observation, liability);
  return isProven ? FITS : { kind: 'unconfirmed', liability, recorded: undefined };
}

/** Whatever binds the GpuPod to the account that is recorded with it. */
export function bindingLiability(observation: Observation): Liability | undefined {
  return isLeftByPayer(observation) ? undefined : liabilityOf(observation);
}

/** A create request that surely created nothing is sent again, and by now another account of the cluster pays for it. */
export function isLeftByPayer(observation: Observation): boolean {
  const { intent: reading, reference } = observation;
  const payer = reading.kind === 'read' ? reading.intent.payer : undefined;
  return isSurelyNotCreated(observation) && !isSamePayer(payer, reference);
}

/** Whether the open create intent of this process surely created nothing, so that its account has nothing to do. */
export function isSurelyNotCreated(facts: LiabilityFacts): boolean {
  const openIntent = openIntentOf(facts);
  const { pendingCreate } = facts.localState;
  return (
    openIntent.kind === 'open' &&
    pendingCreate?.writing === writingOf(openIntent.intent) &&
    isKnownNotCreated(pendingCreate)
  );
}

/** Without a recorded user, only the same key, or a key that has shown the instance, can prove anything. */
function keyVerdict(observation: Observation, liability: Liability): AccountVerdict {
  const isSameKey = liability.keyFingerprint === keyOf(observation.account);
  return isSameKey || isSeenInSession(observation, liability)
    ? FITS
    : { kind: 'unconfirmed', liability, recorded: undefined };
}

/** The account of the current API key; undefined while the provider has not named it. */
export function identityOf(account: AccountState): AccountIdentity | undefined {
  return account.kind === 'unknown' || account.userId === undefined
    ? undefined
    : { origin: account.origin, userId: account.userId };
}

/** Fingerprint of the current API key; undefined before there is a session. */
export function keyOf(account: AccountState): string | undefined {
  return account.kind === 'unknown' ? undefined : account.keyFingerprint;
}

export function isSameAccount(one: AccountIdentity, other: AccountIdentity): boolean {
  const isSameOrigin = one.origin === undefined || other.origin === undefined || one.origin === other.origin;
  return isSameOrigin && one.userId === other.userId;
}

/** The account that the create intent names. */
export function accountOfIntent({ account, origin }: Intent): AccountIdentity | undefined {
  return account === undefined ? undefined : { origin, userId: account };
}

/** The facts that show what bills for a GpuPod. */
export type LiabilityFacts = Pick<
  Observation,
  'gpuPod' | 'localState' | 'intent' | 'mayAdopt' | 'installation'
>;

export function liabilityOf(observation: LiabilityFacts): Liability | undefined {
  const { gpuPod, localState } = observation;
  const { podId } = gpuPod.status;
  if (podId !== undefined) {
    return liabilityOfInstance(observation, podId);
  }
  const openIntent = openIntentOf(observation);
  if (openIntent.kind === 'open' || openIntent.kind === 'foreign') {
    return liabilityOfIntent(localState, openIntent.intent);
  }
  const { unbound } = localState;
  if (unbound !== undefined) {
    return { kind: 'instance', name: unbound.podId, recorded: unbound.account };
  }
  return openIntent.kind === 'garbled'
    ? {
        kind: 'create',
        name: localState.pendingCreate?.podName ?? '',
        recorded: localState.pendingCreate?.account,
      }
    : undefined;
}

function liabilityOfInstance(observation: LiabilityFacts, podId: string): Liability {
  const { gpuPod } = observation;
  const recorded = accountOfInstance(gpuPod, observation);
  const keyFingerprint = intentOfInstance(gpuPod, observation)?.keyFingerprint;
  return { kind: 'instance', name: podId, recorded, keyFingerprint };
}

/**
 * The create response may name an account that was unknown when the create intent was written. What this process
 * remembers comes before the annotation, which anybody may have edited.
 */
function liabilityOfIntent({ unbound }: LocalState, intent: Intent): Liability {
  const { name, keyFingerprint } = intent;
  const answered = sameName(unbound?.podName, name) ? unbound?.account : undefined;
  return { kind: 'create', name, recorded: answered ?? accountOfIntent(intent), keyFingerprint };
}

/** Earlier versions did not write the account into the status; the create intent on the object still has it. */
function accountOfInstance(gpuPod: GpuPod, observation: LiabilityFacts): AccountIdentity | undefined {
  const intent = intentOfInstance(gpuPod, observation);
  return gpuPod.status.account ?? (intent === undefined ? undefined : accountOfIntent(intent));
}

function intentOfInstance({ status }: GpuPod, { intent: reading }: LiabilityFacts): Intent | undefined {
  return reading.kind === 'read' && sameName(reading.intent.name, status.podName)
    ? reading.intent
    : undefined;
}

/** Whether the current key can see the instance: it has shown it, or the create request was sent with it. */
function isSeenInSession(observation: Observation, liability: Liability): boolean {
  const { account, localState, inventory } = observation;
  const sinceMs = sessionBeganAtMs(account);
  const rows =
    inventory !== undefined && inventory.beganAtMs >= sinceMs ? [...inventory.live, ...inventory.ended] : [];
  return liability.kind === 'create'
    ? localState.pendingCreate?.sessionSinceMs === sinceMs ||
        rows.some((row) => sameName(row.name, liability.name))
    : isInstanceSeen(localState, liability.name, sinceMs) || rows.some((row) => row.podId === liability.name);
}

function isInstanceSeen({ instance, unbound }: LocalState, podId: string, sinceMs: number): boolean {
  const isSeen = instance?.podId === podId && (instance.seenAtMs ?? -Infinity) >= sinceMs;
  return isSeen || (unbound?.podId === podId && unbound.sessionSinceMs === sinceMs);
}

/** Whether a decision made in one session is still valid in the other: same key, and the same user as far as known. */
export function isSameSession(one: AccountState, other: AccountState): boolean {
  return one.kind === other.kind && sessionBeganAtMs(one) === sessionBeganAtMs(other);
}

/** Monotonic start of the session, in milliseconds. Requests from this time on use the current key. */
export function sessionBeganAtMs(account: AccountState): number {
  return account.kind === 'unknown' ? Infinity : (account.sinceMs ?? -Infinity);
}
