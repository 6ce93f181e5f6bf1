import type { GpuPodStatus } from '../../api/status.ts';
import { formatUsd, priceToMicros } from '../../offers/money.ts';
import { findCondition } from './draft.ts';

/** An event for people: a step of the GpuPod's life, in a sentence. */
export interface LifeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What happened between two statuses that a person would want to read. */
export function eventsBetween(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  return [
    ...rented(before, after),
    ...ready(before, after),
    ...attempts(before, after),
    ...troubles(before, after),
    ...priceAboveCap(before, after),
  ];
}

function rented(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  if (after.podId === undefined || after.podId === before.podId) {
    return [];
  }
  const selected = findCondition(after, 'OfferSelected');
  const isAdopted = selected?.reason === 'Adopted';
  const price = usd(after.cost?.pricePerHour);
  const what = isAdopted ? 'Found and took over' : 'Rented';
  return [
    {
      type: 'Normal',
      reason: isAdopted ? 'Adopted' : 'Rented',
      message: `${what} pod ${after.podId} at ${price} USD/h: ${selected?.message ?? ''}`,
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
  const events: LifeEvent[] = [];
  for (const attempt of after.attempts ?? []) {
    const known = before.attempts?.find(({ number }) => number === attempt.number);
    const podId = attempt.podId ?? after.podId ?? '';
    if (attempt.ending !== undefined && known?.ending === undefined && attempt.outcome === undefined) {
      const type = attempt.ending === 'Suspended' ? 'Normal' : 'Warning';
      events.push({
        type,
        reason: attempt.ending,
        message: `Ending pod ${podId}: ${attempt.message ?? attempt.ending}`,
      });
    }
    if (attempt.outcome === undefined || known?.outcome !== undefined) {
      continue;
    }
    if (attempt.outcome === 'Refused' || attempt.outcome === 'NotCreated') {
      const message = `Attempt ${String(attempt.number)} (${attempt.offer ?? 'offer'}): ${attempt.message ?? attempt.outcome}`;
      events.push({
        type: 'Warning',
        reason: attempt.outcome === 'Refused' ? 'OfferRefused' : 'NotCreated',
        message,
      });
    } else {
      const message = `The rental of pod ${podId} ended (${attempt.reason ?? 'Ended'}); it cost about ${usd(attempt.cost)} USD.`;
      events.push({
        type: attempt.outcome === 'Failed' ? 'Warning' : 'Normal',
        reason: 'RentalEnded',
        message,
      });
    }
  }
  return events;
}

/** Reasons for which a person should look, told when they first stand. */
function troubles(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const events: LifeEvent[] = [];
  for (const type of ['Stalled', 'Synced', 'OfferSelected'] as const) {
    const was = findCondition(before, type);
    const is = findCondition(after, type);
    const isTrouble =
      type === 'Stalled' ? is !== undefined : is?.status === 'False' && is.reason !== 'NotLooked';
    const isTold = events.some(({ reason }) => reason === is?.reason);
    if (is !== undefined && isTrouble && was?.reason !== is.reason && !isTold) {
      const hint = type === 'OfferSelected' && after.hint !== undefined ? ` ${after.hint}` : '';
      events.push({ type: 'Warning', reason: is.reason, message: `${is.message}${hint}` });
    }
  }
  return events;
}

function priceAboveCap(before: GpuPodStatus, after: GpuPodStatus): readonly LifeEvent[] {
  const isReady = after.readyAt !== undefined && before.readyAt !== undefined;
  return isReady && isDear(after) && !isDear(before)
    ? [
        {
          type: 'Warning',
          reason: 'PriceAboveCap',
          message: `The provider now bills ${usd(after.cost?.billedPerHour)} USD/h, above the cap of ${usd(after.cost?.maxPrice)} USD/h. The pod is kept, because it was ready before.`,
        },
      ]
    : [];
}

function isDear({ cost }: GpuPodStatus): boolean {
  return (cost?.billedPerHour ?? 0) > (cost?.maxPrice ?? Infinity);
}

function usd(amount: number | undefined): string {
  return amount === undefined ? 'unknown' : formatUsd(priceToMicros(amount));
}
