import { REASONS } from '../../api/conditions.ts';
import type { ConditionType, Reason } from '../../api/conditions.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import type { GpuPodStatus } from '../../api/status.ts';
import type { Intent } from '../intent.ts';
import { findCondition } from '../status/draft.ts';
import type { ConditionDraft } from '../status/draft.ts';

/** What the status says already of one aspect, as a claim; else the fallback. */
export function currentDraft<T extends ConditionType>(
  status: GpuPodStatus,
  type: T,
  fallback: ConditionDraft<T>,
): ConditionDraft<T> {
  const standing = findCondition(status, type);
  return standing !== undefined && isReason(type, standing.reason)
    ? [standing.reason, standing.message]
    : fallback;
}

/** The offer that was ordered, and why it was chosen. */
export function selectedDraft({ placement }: GpuPodSpec, { offer }: Intent): ConditionDraft<'OfferSelected'> {
  return [placement.cloudId === undefined ? 'Selected' : 'Pinned', `${offer.why}.`];
}

export const PENDING: ConditionDraft<'Ready'> = ['Pending', 'Nothing is rented yet.'];

/** Nothing is rented, and what hinders it: the first that people read is the condition Ready. */
export function pendingBecause(message: string): ConditionDraft<'Ready'> {
  return ['Pending', `Nothing is rented yet. ${message}`];
}

/**
 * What the condition Ready says while nothing is done: a machine is what it was. Where nothing is rented, what hindered
 * it before is not repeated: it is another thing by now.
 */
export function heldReady(status: GpuPodStatus, message?: string): ConditionDraft<'Ready'> {
  const pending = message === undefined ? PENDING : pendingBecause(message);
  const [reason, text] = currentDraft(status, 'Ready', pending);
  return reason === 'Pending' ? pending : [reason, text];
}

function isReason<T extends ConditionType>(type: T, reason: string): reason is Reason<T> {
  return Object.hasOwn(REASONS[type], reason);
}

/** An instance that was created and is not active yet. The same words from the create request on: other ones would cost a write for each GpuPod. */
export function startingDraft(podId: string): ConditionDraft<'Ready'> {
  return ['Provisioning', `Instance ${podId} is starting; it bills.`];
}

export const ON_ITS_WAY: ConditionDraft<'Reconciling'> = ['Progressing', 'Waiting for the instance.'];
