import type { Attempt, Condition, GpuPodStatus } from '../../api/gpupod/status.ts';
import { formatUsd, priceToMicros } from '../../offers/money.ts';
import { attemptsOf } from './attempts.ts';
import { findCondition } from './draft.ts';

/** An event for people: one step in the life of a GpuPod. */
export interface LifeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** The events for the changes from one status to the next. */
export function eventsBetween(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  return [
    ...rented(before, after),
    ...ready(before, after),
    ...attempts(before, after),
    ...problems(before, after),
    ...priceAboveCap(before, after),
    ...expiresSoon(before, after),
    ...unreachable(before, after),
  ];
}

function rented(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  if (after.podId === undefined || after.podId === before.podId) {
    return [];
  }
  const selected = findCondition(after, 'OfferSelected');
  const isAdopted = selected?.reason === 'Adopted';
  const price = usd(after.cost?.pricePerHour);
  const what = isAdopted ? 'Adopted' : 'Rented';
  return [
    {
      type: 'Normal',
      reason: isAdopted ? 'Adopted' : 'Rented',
      message: `${what} instance ${after.podId} at ${price} USD/h: ${selected?.message ?? ''}`,
    },
  ];
}

function ready(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const was = findCondition(before, 'Ready');
  const is = findCondition(after, 'Ready');
  return is?.status === 'True' && was?.status !== 'True'
    ? [{ type: 'Normal', reason: 'Ready', message: is.message }]
    : [];
}

function attempts(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  return attemptsOf(after).flatMap((attempt) => {
    const known = attemptsOf(before).find(({ number }) => number === attempt.number);
    if (attempt.outcome !== undefined) {
      return known?.outcome === undefined ? [outcomeEvent(attempt)] : [];
    }
    return attempt.ending !== undefined && known?.ending === undefined
      ? [terminationEvent(attempt.ending, attempt, after.podId)]
      : [];
  });
}

function terminationEvent(ending: string, { message }: Attempt, podId: string | undefined): LifeEvent {
  return {
    type: ending === 'Suspended' ? 'Normal' : 'Warning',
    reason: ending,
    message: `Terminating instance ${podId ?? ''}: ${message ?? ending}`,
  };
}

function outcomeEvent(attempt: Attempt): LifeEvent {
  const { number, offer = 'offer', outcome, reason = 'Ended', message = reason } = attempt;
  if (outcome === 'Refused' || outcome === 'NotCreated') {
    return {
      type: 'Warning',
      reason: outcome === 'Refused' ? 'OfferRefused' : 'NotCreated',
      message: `Attempt ${String(number)} (${offer}): ${message}`,
    };
  }
  return {
    type: outcome === 'Failed' ? 'Warning' : 'Normal',
    reason: 'RentalEnded',
    message: `The attempt with instance ${attempt.podId ?? ''} is over (${reason}); it cost about ${usd(attempt.cost)} USD.`,
  };
}

/** Warnings for reasons that need a person's attention, once when they appear. */
function problems(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const events = new Map<string, LifeEvent>();
  for (const type of PROBLEM_TYPES) {
    const is = findCondition(after, type);
    if (is === undefined || !isProblem(is) || findCondition(before, type)?.reason === is.reason) {
      continue;
    }
    const hint = type === 'OfferSelected' && after.hint !== undefined ? ` ${after.hint}` : '';
    // Stalled and Synced often have the same reason; one event is enough.
    if (!events.has(is.reason)) {
      events.set(is.reason, { type: 'Warning', reason: is.reason, message: `${is.message}${hint}` });
    }
  }
  return [...events.values()];
}

const PROBLEM_TYPES = ['Stalled', 'Synced', 'OfferSelected'] as const;

function isProblem({ type, status, reason }: Condition): boolean {
  return type === 'Stalled' || (status === 'False' && reason !== 'NotEvaluated');
}

function priceAboveCap(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const isReady = after.readyAt !== undefined && before.readyAt !== undefined;
  return isReady && isAboveCap(after) && !isAboveCap(before)
    ? [
        {
          type: 'Warning',
          reason: 'PriceAboveCap',
          message: `The provider now bills ${usd(after.cost?.billedPerHour)} USD/h, above the cap of ${usd(after.cost?.maxPrice)} USD/h. The operator keeps the instance, because it was ready before. To stop paying, save your work, then suspend or delete the GpuPod.`,
        },
      ]
    : [];
}

/** Once for each instance and deadline. */
function expiresSoon(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const is = findCondition(after, 'Expiring');
  const was = before.podId === after.podId ? findCondition(before, 'Expiring') : undefined;
  return is?.status === 'True' && was?.status !== 'True'
    ? [
        {
          type: 'Warning',
          reason: 'ExpiresSoon',
          message: `Instance ${after.podId ?? ''} expires at ${after.expiresAt ?? 'an unknown time'}. ${is.message}`,
        },
      ]
    : [];
}

function isAboveCap({ cost }: GpuPodStatus): boolean {
  return (cost?.billedPerHour ?? 0) > (cost?.maxPrice ?? Infinity);
}

function usd(amount: number | undefined): string {
  return amount === undefined ? 'unknown' : formatUsd(priceToMicros(amount));
}

/** Once the instance was ready. Before that, an SSH server that does not answer yet is nothing unusual. */
function unreachable(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const is = findCondition(after, 'Reachable');
  const isNews = is?.status === 'False' && findCondition(before, 'Reachable')?.reason !== is.reason;
  return isNews && before.readyAt !== undefined && after.readyAt !== undefined
    ? [{ type: 'Warning', reason: is.reason, message: is.message }]
    : [];
}
