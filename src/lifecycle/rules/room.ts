import type { MicroUsd } from '../../offers/money.ts';
import { formatUsd } from '../../offers/money.ts';
import { countOf } from '../../offers/offer-text.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { chargedAtOnce } from '../../offers/upfront.ts';
import { accountKeyName, administratorOf } from '../account-identity.ts';
import type { CountedSum } from '../account-rules.ts';
import type { AwaitedList, Observation } from '../observation.ts';
import type { Step } from '../step.ts';
import { awaitList } from './await-list.ts';
import { hindered } from './failing.ts';

/** Waits until the limits on sums, of the operator and of the account, leave room for the instance. */
export function awaitRoom(observation: Observation, selected: SelectedOffer): Step | undefined {
  const others = observation.countOthers();
  return others.kind === 'awaited'
    ? awaitLists(observation, others.list)
    : (awaitBudget(observation, selected, others.micros) ??
        awaitAccountRoom(observation, selected, others.accountSums));
}

function awaitBudget(
  observation: Observation,
  { cost, offer }: SelectedOffer,
  othersMicros: MicroUsd,
): Step | undefined {
  const { policy, timings, inventory } = observation;
  const limit = policy.maxTotalPricePerHour;
  const charged = chargedAtOnce(cost.total, offer.prepaidHours);
  if (limit === undefined || othersMicros + charged <= limit) {
    return undefined;
  }
  const rest = hindered(
    observation,
    {
      reason: 'BudgetExceeded',
      message:
        `Renting for ${formatUsd(charged)} USD${charged > cost.total ? ' at once' : '/h'} would exceed the operator's limit of ${formatUsd(limit)} USD/h ` +
        'for all instances together (--max-total-price-per-hour), retained and orphaned ones included. The GpuPod waits ' +
        `until others are terminated, or ${administratorOf(undefined)} raises the limit.`,
      retryAfterMs: timings.offerRetryMs,
    },
    'Waiting for room in the budget.',
  );
  // Only a list shows that an instance without a GpuPod has ended.
  return { ...rest, wantsInventoryAfterMs: (inventory?.beganAtMs ?? 0) + timings.quietPollMs };
}

/** The sum needs the first complete lists of every account. The session of this GpuPod takes only its own. */
function awaitLists(observation: Observation, list: AwaitedList): Step {
  const { inventory, now, timings } = observation;
  if (inventory === undefined) {
    return awaitList(observation, now.monotonicMs);
  }
  return hindered(
    observation,
    { reason: 'BudgetExceeded', message: awaitedText(list), retryAfterMs: timings.busyPollMs },
    'Waiting for the instances of all accounts to be listed.',
  );
}

/** What is awaited. Other tenants see this, so it names neither teams nor what the provider answered. */
function awaitedText({ account, isTeam, reason }: AwaitedList): string {
  const isOwn = !account.includes('/');
  const name = accountKeyName(account);
  if (reason === undefined) {
    return `Nothing is rented before all limits are known: waiting for the instances of ${name} to be listed.`;
  }
  const whose = isTeam ? `a team of ${name}` : name;
  const wayOut =
    reason === 'AccountUnconfirmed'
      ? `give its key the permission user:read${isOwn ? '' : ', or remove the account'}`
      : isTeam
        ? 'take that team out of its settings'
        : isOwn
          ? ''
          : 'remove its key or the account';
  return (
    `Nothing is rented: the limits on sums count what every account has, and the instances of ${whose} have not been listed ` +
    `yet (${reason}). The operator keeps trying.${wayOut === '' ? '' : ` If that lasts, ${wayOut}.`}`
  );
}

/** Waits until the limits of the account on all its instances leave room for another one. */
function awaitAccountRoom(
  observation: Observation,
  selected: SelectedOffer,
  accountSums: readonly CountedSum[],
): Step | undefined {
  const { gpuPod, timings, inventory } = observation;
  const full = accountSums.find((sum) => sum.counted + addedTo(sum, selected) > sum.limit);
  if (full === undefined) {
    return undefined;
  }
  const whose = full.isPerNamespace ? `namespace ${gpuPod.metadata.namespace}` : 'all its GpuPods';
  const rest = hindered(
    observation,
    {
      reason: 'BudgetExceeded',
      message:
        `Renting ${amountText(full, addedTo(full, selected))} more would exceed ${full.field} (${amountText(full, full.limit)} for ${whose}, ` +
        `${amountText(full, full.counted)} in use, retained and orphaned instances included). The GpuPod waits until others are terminated, or ${administratorOf(observation.reference)} raises the limit.`,
      retryAfterMs: timings.offerRetryMs,
    },
    'Waiting for room in the limits of the account.',
  );
  // Only a list shows that an instance without a GpuPod has ended.
  return { ...rest, wantsInventoryAfterMs: (inventory?.beganAtMs ?? 0) + timings.quietPollMs };
}

function addedTo({ measure }: CountedSum, { cost, offer }: SelectedOffer): number {
  switch (measure) {
    case 'micros':
      return chargedAtOnce(cost.total, offer.prepaidHours);
    case 'instances':
      return 1;
    case 'gpus':
      return offer.gpuCount;
  }
}

function amountText({ measure }: CountedSum, amount: number): string {
  switch (measure) {
    case 'micros':
      return `${formatUsd(amount)} USD/h`;
    case 'instances':
      return countOf(amount, 'instance');
    case 'gpus':
      return countOf(amount, 'GPU');
  }
}
