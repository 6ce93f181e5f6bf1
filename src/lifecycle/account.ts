import type { GpuPod } from '../api/gpu-pod.ts';
import type { AccountIdentity } from './account-identity.ts';
import type { Intent } from './intent.ts';
import type { AccountState, Observation } from './observation.ts';
import type { LocalState } from './local-state.ts';
import { openIntentOf } from './open-intent.ts';
import { sameName } from './pod-name.ts';

/** What bills, or may bill, on behalf of an object, and on which account it was recorded; undefined: nothing does. */
export interface Stake {
  readonly kind: 'instance' | 'create';
  /** Id of the instance, or the name that the order gave it. */
  readonly name: string;
  readonly recorded: AccountIdentity | undefined;
  /** Of the key that it was ordered with, where nobody said whose that is. */
  readonly keyFingerprint?: string | undefined;
}

/**
 * Whether the API key may speak of what an object has at stake.
 *
 * - `foreign`: the key belongs to somebody else. Its empty list says nothing, and nothing is done for the object.
 * - `unconfirmed`: the provider does not say whose key it is, and nothing that belongs to the recorded account has been
 *   seen with it. An absence proves nothing; a sighting does.
 */
export type AccountVerdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'foreign'; readonly stake: Stake; readonly recorded: AccountIdentity }
  | {
      readonly kind: 'unconfirmed';
      readonly stake: Stake;
      /** Undefined: it was ordered with another key, and nobody has said whose that is. */
      readonly recorded: AccountIdentity | undefined;
    };

const FITS: AccountVerdict = { kind: 'fits' };

export function accountVerdict(observation: Observation): AccountVerdict {
  const { account } = observation;
  const stake = stakeOf(observation);
  if (stake === undefined || account.kind === 'unknown') {
    return FITS;
  }
  if (stake.recorded === undefined && stake.keyFingerprint !== undefined) {
    return keyVerdict(observation, stake);
  }
  // What names nobody was rented before accounts were recorded: it belongs to the account of the installation then.
  const recorded = stake.recorded ?? account.unmarked;
  if (recorded === undefined) {
    return FITS;
  }
  const session = identityOf(account);
  if (session !== undefined) {
    return isSameAccount(session, recorded) ? FITS : { kind: 'foreign', stake, recorded };
  }
  return isSeenInSession(observation, stake) ? FITS : { kind: 'unconfirmed', stake, recorded };
}

/** Of what was ordered with a key of nobody knows whom: the same key may speak of it, and one that has shown it. */
function keyVerdict(observation: Observation, stake: Stake): AccountVerdict {
  const isSameKey = stake.keyFingerprint === keyOf(observation.account);
  return isSameKey || isSeenInSession(observation, stake)
    ? FITS
    : { kind: 'unconfirmed', stake, recorded: undefined };
}

/** Whose key the session uses; undefined where nobody has said. */
export function identityOf(account: AccountState): AccountIdentity | undefined {
  return account.kind === 'unknown' || account.userId === undefined
    ? undefined
    : { origin: account.origin, userId: account.userId };
}

/** Which key the session uses, where that can be told. */
export function keyOf(account: AccountState): string | undefined {
  return account.kind === 'unknown' ? undefined : account.keyFingerprint;
}

export function isSameAccount(one: AccountIdentity, other: AccountIdentity): boolean {
  const isSameOrigin = one.origin === undefined || other.origin === undefined || one.origin === other.origin;
  return isSameOrigin && one.userId === other.userId;
}

/** The account that an order was written for. */
export function accountOfIntent({ account, origin }: Intent): AccountIdentity | undefined {
  return account === undefined ? undefined : { origin, userId: account };
}

export function stakeOf(observation: Observation): Stake | undefined {
  const { gpuPod, localState } = observation;
  const { podId } = gpuPod.status;
  if (podId !== undefined) {
    return stakeInInstance(observation, podId);
  }
  const openIntent = openIntentOf(observation);
  if (openIntent.kind === 'open' || openIntent.kind === 'foreign') {
    return stakeInIntent(localState, openIntent.intent);
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

function stakeInInstance(observation: Observation, podId: string): Stake {
  const { gpuPod } = observation;
  const recorded = accountOfInstance(gpuPod, observation);
  const keyFingerprint = intentOfInstance(gpuPod, observation)?.keyFingerprint;
  return { kind: 'instance', name: podId, recorded, keyFingerprint };
}

/** The answer to an order may have told more than was known when it was written. */
function stakeInIntent({ unbound }: LocalState, intent: Intent): Stake {
  const { name, keyFingerprint } = intent;
  const told = sameName(unbound?.podName, name) ? unbound?.account : undefined;
  return { kind: 'create', name, recorded: accountOfIntent(intent) ?? told, keyFingerprint };
}

/** By the status; where that says nothing, by the order that it was rented with, which still stands on the object. */
function accountOfInstance(gpuPod: GpuPod, observation: Observation): AccountIdentity | undefined {
  const intent = intentOfInstance(gpuPod, observation);
  return gpuPod.status.account ?? (intent === undefined ? undefined : accountOfIntent(intent));
}

function intentOfInstance({ status }: GpuPod, { intent: reading }: Observation): Intent | undefined {
  return reading.kind === 'read' && sameName(reading.intent.name, status.podName)
    ? reading.intent
    : undefined;
}

/** Whether this key has shown that it sees what is at stake: by a sighting, or because the order was sent with it. */
function isSeenInSession(observation: Observation, stake: Stake): boolean {
  const { account, localState, inventory } = observation;
  const sinceMs = sessionBeganAtMs(account);
  const rows =
    inventory !== undefined && inventory.beganAtMs >= sinceMs ? [...inventory.live, ...inventory.ended] : [];
  return stake.kind === 'create'
    ? localState.pendingCreate?.sessionSinceMs === sinceMs ||
        rows.some((row) => sameName(row.name, stake.name))
    : isInstanceSeen(localState, stake.name, sinceMs) || rows.some((row) => row.podId === stake.name);
}

function isInstanceSeen({ instance, unbound }: LocalState, podId: string, sinceMs: number): boolean {
  const isSeen = instance?.podId === podId && (instance.seenAtMs ?? -Infinity) >= sinceMs;
  return isSeen || (unbound?.podId === podId && unbound.sessionSinceMs === sinceMs);
}

/** Whether a decision that rests on the one still stands under the other: the same key, and as much known of its user. */
export function isSameSession(one: AccountState, other: AccountState): boolean {
  return one.kind === other.kind && sessionBeganAtMs(one) === sessionBeganAtMs(other);
}

/** What was asked for from here on was asked with this key. */
export function sessionBeganAtMs(account: AccountState): number {
  return account.kind === 'unknown' ? Infinity : (account.sinceMs ?? -Infinity);
}
