import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../api/common/names.ts';
import type { Reason } from '../../api/gpupod/conditions.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import {
  accountVerdict,
  bindingLiability,
  identityOf,
  isSameAccount,
  liabilityOf,
  sessionBeganAtMs,
} from '../account.ts';
import type { AccountVerdict, Liability } from '../account.ts';
import type { AccountIdentity } from '../account-identity.ts';
import type { AccountState, Observation } from '../observation.ts';
import { sameName } from '../pod-name.ts';
import type { Failure } from '../provider.ts';
import type { ConditionDraft } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { heldReady } from './condition-drafts.ts';
import { restFailing } from './failing.ts';
import { keepingStall, keepObservedGeneration } from './stalled.ts';

/**
 * Does nothing for a GpuPod while the API key may belong to another account than its instance or create intent: the
 * lists of that account would look as if every instance had ended. It also waits until the account is known.
 *
 * The account in the GpuPod's own record counts more than that of the installation, whose record may be lost or
 * moved.
 */
export function awaitFittingKey(observation: Observation): Step | undefined {
  const { account } = observation;
  if (account.kind === 'unknown') {
    return awaitAccount(observation, account.failure);
  }
  const verdict = accountVerdict(observation);
  switch (verdict.kind) {
    case 'foreign':
      return isConfirmedAbsent(observation, verdict.liability)
        ? undefined
        : holdForeign(observation, verdict);
    case 'unconfirmed':
      return isConfirmedAbsent(observation, verdict.liability)
        ? undefined
        : confirmAccount(observation, verdict);
    case 'fits':
      return account.kind === 'changed' && !isRecordedHere(observation)
        ? hold(observation, changed(account.message))
        : awaitAnswer(observation, account);
  }
}

/** A GpuPod that records the account of the key is served, whatever account the installation has recorded. */
function isRecordedHere(observation: Observation): boolean {
  const session = identityOf(observation.account);
  const recorded = bindingLiability(observation)?.recorded;
  return session !== undefined && recorded !== undefined && isSameAccount(session, recorded);
}

/** A person confirmed that the create request created nothing on the other account. */
export function isConfirmedAbsent({ gpuPod }: Observation, { kind, name }: Liability): boolean {
  return kind === 'create' && sameName(gpuPod.metadata.annotations[ANNOTATIONS.confirmAbsent], name);
}

/** Why nothing is done for a GpuPod: a reason of both Synced and Stalled. */
interface AccountHold {
  readonly reason: Extract<Reason<'Synced'>, Reason<'Stalled'>>;
  readonly message: string;
}

function changed(message: string): AccountHold {
  return { reason: 'AccountChanged', message };
}

/** Rests without touching anything, and says why. What bills is named, and stays as it is. */
export function hold(
  observation: Observation,
  { reason, message }: AccountHold,
  liability = liabilityOf(observation),
): Rest {
  const { status } = observation.gpuPod;
  const rest = restFailing(
    observation,
    { reason, message },
    {
      Ready: readyWhileHeld(status, message, liability),
      ...keepingStall(status, { type: 'Stalled', draft: [reason, message] }),
    },
  );
  return { ...keepObservedGeneration(observation, rest), isUnwatched: true };
}

/**
 * A create request with an unknown outcome may have created an instance, so Ready must not say that nothing is
 * rented.
 */
function readyWhileHeld(
  status: GpuPodStatus,
  message: string,
  liability: Liability | undefined,
): ConditionDraft<'Ready'> {
  const [reason, text] = heldReady(status, message);
  return reason === 'Pending' && liability?.kind === 'create' ? ['CreateUncertain', message] : [reason, text];
}

type Foreign = Extract<AccountVerdict, { readonly kind: 'foreign' }>;
type Unconfirmed = Extract<AccountVerdict, { readonly kind: 'unconfirmed' }>;

function holdForeign(observation: Observation, { liability, recorded }: Foreign): Rest {
  const { account } = observation;
  const session = identityOf(account);
  const isOfInstallation =
    account.kind === 'changed' && account.unmarked !== undefined && isSameAccount(account.unmarked, recorded);
  if (isOfInstallation || session === undefined) {
    return hold(observation, changed(account.kind === 'changed' ? account.message : ''));
  }
  const [theirs, ours] = namesOf(session, recorded);
  return hold(
    observation,
    changed(
      `The API key belongs to account ${theirs}, but ${whatOf(liability)} belongs to ${ours}; it may bill and stays untouched. ` +
        `Restore the old key, or, once nothing runs there, ${wayOut(liability)}.`,
    ),
  );
}

/** Names the origin only where it differs. */
function namesOf(one: AccountIdentity, other: AccountIdentity): readonly [string, string] {
  const isSameOrigin = one.origin === undefined || other.origin === undefined || one.origin === other.origin;
  const nameOf = ({ origin = '', userId }: AccountIdentity): string =>
    isSameOrigin ? userId : `${origin} ${userId}`;
  return [nameOf(one), nameOf(other)];
}

function whatOf({ kind, name }: Liability): string {
  if (name === '') {
    return 'a create intent that cannot be read';
  }
  return kind === 'instance' ? `instance ${name}` : `the create intent for ${name}`;
}

function wayOut({ kind }: Liability): string {
  return kind === 'instance'
    ? `delete the GpuPod with ${ANNOTATIONS.forceRelease} set to that ID`
    : `set ${ANNOTATIONS.confirmAbsent} to that name`;
}

/**
 * The provider does not say whose key this is. A list or a GET may show the instance and so prove that the key fits.
 * If neither does, no absence counts.
 */
function confirmAccount(observation: Observation, { liability, recorded }: Unconfirmed): Step {
  const { account, inventory, localState, gpuPod, timings } = observation;
  const sinceMs = sessionBeganAtMs(account);
  if (inventory === undefined) {
    const wantsInventoryAfterMs = Math.max(0, sinceMs);
    return { kind: 'rest', status: gpuPod.status, isUnwatched: true, wantsInventoryAfterMs };
  }
  const { instance } = localState;
  if (
    liability.kind === 'instance' &&
    instance !== undefined &&
    (instance.read?.beganAtMs ?? -Infinity) < sinceMs
  ) {
    return { kind: 'act', effect: { type: 'readPod', podId: instance.podId } };
  }
  if (account.kind === 'fits' && account.unanswered !== undefined) {
    return { ...awaitAccount(observation, account.unanswered), wantsInventoryAfterMs: timings.quietPollMs };
  }
  const message = unconfirmedMessage(observation, { liability, recorded });
  const rest = restFailing(
    observation,
    { reason: 'AccountUnconfirmed', message, retryAfterMs: timings.quietPollMs },
    {
      Ready: readyWhileHeld(gpuPod.status, message, liability),
      ...keepingStall(gpuPod.status, { type: 'Stalled', draft: ['AccountUnconfirmed', message] }),
    },
  );
  // `beganAtMs` is -Infinity where no wallet of this GpuPod was listed completely.
  const againMs = Math.max(0, sinceMs, inventory.beganAtMs + timings.quietPollMs);
  return { ...keepObservedGeneration(observation, rest), isUnwatched: true, wantsInventoryAfterMs: againMs };
}

/**
 * A rented instance is followed meanwhile. A GpuPod without one waits, because nobody knows which account would pay.
 */
function awaitAnswer(observation: Observation, account: AccountState): Step | undefined {
  const isIdle = liabilityOf(observation) === undefined && !isDeleting(observation.gpuPod);
  return isIdle && account.kind === 'fits' && account.unanswered !== undefined
    ? awaitAccount(observation, account.unanswered)
    : undefined;
}

function unconfirmedMessage(
  { isAccountUnproven, account }: Observation,
  { liability, recorded }: Pick<Unconfirmed, 'liability' | 'recorded'>,
): string {
  if (recorded === undefined) {
    return ofAnotherKey(liability);
  }
  return isAccountUnproven === true && identityOf(account) !== undefined
    ? ofForgedAccount(liability, recorded)
    : ofAnotherAccount(liability, recorded);
}

function ofForgedAccount(liability: Liability, { userId }: AccountIdentity): string {
  return (
    `status.account names user ${userId}, whose API key does not show ${whatOf(liability)}, and status.podIdProof does not ` +
    'prove that the operator wrote this account. The operator leaves the instance alone, and it may bill. Write the ' +
    `account back that paid for it, or ${wayOut(liability)}.`
  );
}

function ofAnotherAccount(liability: Liability, { userId }: AccountIdentity): string {
  return (
    `The provider does not say whose API key this is, and shows nothing of account ${userId}, which ` +
    `may pay for ${whatOf(liability)}. The operator leaves it alone. Let the key read its user, ` +
    `restore the old key, or ${wayOut(liability)}.`
  );
}

function ofAnotherKey(liability: Liability): string {
  if (liability.keyFingerprint === undefined) {
    return (
      `This API key does not show ${whatOf(liability)}, and nothing records which user pays for it. ` +
      `The operator leaves it alone, and it may bill. Use an API key of that user, or ${wayOut(liability)}.`
    );
  }
  return (
    `This API key does not show ${whatOf(liability)}, which belongs to another key of an unknown user. ` +
    `The operator leaves it alone, and it may bill. Restore that key, or ${wayOut(liability)}.`
  );
}

/**
 * Rents nothing while the provider does not name the user of the key and this installation has used a known account:
 * the money of somebody else may be at risk. A list that shows an instance of the known account resolves it.
 */
export function awaitKnownAccount(observation: Observation): Step | undefined {
  const { account, gpuPod, timings, inventory } = observation;
  if (account.kind === 'unknown' || account.unconfirmed === undefined) {
    return undefined;
  }
  const { userId } = account.unconfirmed;
  const sinceMs = Math.max(0, sessionBeganAtMs(account));
  const message =
    `Nothing is rented: the provider does not say whose API key this is, and it shows no instance of account ${userId}, ` +
    'which has paid so far. Give the key the permission to read its user (user:read), or restore the former key.';
  const rest = restFailing(
    observation,
    { reason: 'AccountUnconfirmed', message, retryAfterMs: timings.quietPollMs },
    {
      Ready: heldReady(gpuPod.status, message),
      progress: { type: 'Stalled', draft: ['AccountUnconfirmed', message] },
    },
  );
  const isListed = inventory !== undefined && inventory.beganAtMs >= sinceMs;
  return isListed ? rest : { ...rest, wantsInventoryAfterMs: sinceMs };
}

function awaitAccount(observation: Observation, failure: Failure | undefined): Rest {
  const { status } = observation.gpuPod;
  if (failure === undefined) {
    // The process has just started. Every GpuPod is reconciled again once the provider has answered.
    return { kind: 'rest', status };
  }
  const rest = restFailing(observation, failure, {
    Ready: heldReady(status, failure.message),
    ...keepingStall(status, {
      type: 'Reconciling',
      draft: ['Retrying', 'Waiting for the provider to say whose API key this is.'],
    }),
  });
  return keepObservedGeneration(observation, rest);
}
