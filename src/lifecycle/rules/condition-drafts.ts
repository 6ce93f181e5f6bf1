import { REASONS } from '../../api/gpupod/conditions.ts';
import type { ConditionType, Reason } from '../../api/gpupod/conditions.ts';
import type { GpuPodSpec } from '../../api/gpupod/spec.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { Intent } from '../intent.ts';
import { findCondition } from '../status/draft.ts';
import type { ConditionDraft } from '../status/draft.ts';

/** The current reason and message of one condition, as a draft; the fallback where there is none. */
export function currentDraft<T extends ConditionType>(
  status: GpuPodStatus,
  type: T,
  fallback: ConditionDraft<T>,
): ConditionDraft<T> {
  const current = findCondition(status, type);
  return current !== undefined && isReason(type, current.reason)
    ? [current.reason, current.message]
    : fallback;
}

/** The offer of the create intent, and why it was chosen. */
export function selectedDraft({ placement }: GpuPodSpec, { offer }: Intent): ConditionDraft<'OfferSelected'> {
  return [placement.cloudId === undefined ? 'Selected' : 'Pinned', `${offer.why}.`];
}

export const PENDING: ConditionDraft<'Ready'> = ['Pending', 'Nothing is rented yet.'];

/** Says in Ready what prevents renting, because people read Ready first. */
export function pendingBecause(message: string): ConditionDraft<'Ready'> {
  return ['Pending', `Nothing is rented yet. ${message}`];
}

/**
 * Ready while the operator does nothing: it keeps what it says about an instance. Without an instance it drops an
 * older obstacle, which may no longer be true.
 */
export function heldReady(status: GpuPodStatus, message?: string): ConditionDraft<'Ready'> {
  const pending = message === undefined ? PENDING : pendingBecause(message);
  const [reason, text] = currentDraft(status, 'Ready', pending);
  return reason === 'Pending' ? pending : [reason, text];
}

function isReason<T extends ConditionType>(type: T, reason: string): reason is Reason<T> {
  return Object.hasOwn(REASONS[type], reason);
}

/**
 * An instance that was created and is not active yet. The text is always the same, because a change would cost a
 * write for each GpuPod.
 */
export function startingDraft(podId: string): ConditionDraft<'Ready'> {
  return ['Provisioning', `Instance ${podId} is starting; it bills.`];
}

export const ON_ITS_WAY: ConditionDraft<'Reconciling'> = ['Progressing', 'Waiting for the instance.'];

export const SEARCHING: ConditionDraft<'Reconciling'> = ['Searching', 'Looking for an offer.'];

export const AWAITING_END: ConditionDraft<'Reconciling'> = [
  'Progressing',
  'Waiting for proof that the instance is terminated.',
];

export const SUSPENDED: ConditionDraft<'Ready'> = [
  'Suspended',
  'Nothing is rented, because spec.suspend is true.',
];

export const NOTHING_RENTED: ConditionDraft<'Provisioned'> = ['NotCreated', 'Nothing is rented.'];
