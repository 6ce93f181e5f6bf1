import type { Knowledge, OffersKnowledge } from '../knowledge.ts';
import { capToSend } from '../../offers/cap.ts';
import { explainChoice } from '../../offers/explain.ts';
import { formatUsd } from '../../offers/money.ts';
import { offerKey } from '../../offers/offer-key.ts';
import type { OfferQuery } from '../../offers/offer-source.ts';
import { selectOffer } from '../../offers/select-offer.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { limitsFrom, wishFrom } from '../../offers/wish.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import { buildCreatePodRequest, imageOf } from '../build-request.ts';
import type { Intent } from '../intent.ts';
import { nextAttemptNumber, openOrder } from '../order.ts';
import { podName } from '../pod-name.ts';
import { specHash } from '../spec-hash.ts';
import { draftStatus } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { PENDING } from './claims.ts';
import { restFailing } from './failing.ts';
import { restWithoutOffer } from './no-offer.ts';

/** Nothing is rented and nothing hinders it: look at the offers, choose one, and order it. */
export function rent(knowledge: Knowledge): Step {
  return (
    awaitRetry(knowledge) ??
    awaitCleanList(knowledge) ??
    awaitGate(knowledge) ??
    readOffers(knowledge) ??
    chooseAndOrder(knowledge, knowledge.offers)
  );
}

/** The last order could not be sent: it is tried again, later and later. */
function awaitRetry(knowledge: Knowledge): Step | undefined {
  const { memory, now } = knowledge;
  const waitMs = (memory.blocked?.untilMs ?? 0) - now.monotonicMs;
  return memory.blocked === undefined || waitMs <= 0
    ? undefined
    : restFailing(
        knowledge,
        { ...memory.blocked, retryAfterMs: waitMs },
        {
          Ready: PENDING,
          progress: { type: 'Reconciling', claim: ['Retrying', 'The order is sent again by itself.'] },
        },
      );
}

/**
 * An object with a past that may have been stripped from it (`kubectl replace` drops annotations) is rented
 * for only when a fresh complete list shows no live pod of it.
 */
function awaitCleanList(knowledge: Knowledge): Step | undefined {
  const { memory, now, windows, census } = knowledge;
  const isYoung = !memory.inFirstList && now.monotonicMs - memory.firstSeenAtMs < windows.youngObjectMs;
  if (isYoung && (census?.live ?? []).length === 0) {
    return undefined;
  }
  const oldestMs = Math.max(memory.firstSeenAtMs, now.monotonicMs - windows.offerMaxAgeMs);
  const isFresh = census !== undefined && census.beganAtMs >= oldestMs;
  if (isFresh && census.live.length === 0) {
    return undefined;
  }
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: PENDING,
      progress: {
        type: 'Reconciling',
        claim: ['Searching', 'Making sure that no machine of this GpuPod is left.'],
      },
    }),
    wantsCensusAfterMs: isFresh ? census.beganAtMs + windows.busyPollMs : now.monotonicMs,
  };
}

function awaitGate(knowledge: Knowledge): Step | undefined {
  const { gate } = knowledge;
  return gate.kind === 'open'
    ? undefined
    : restFailing(
        knowledge,
        { reason: gate.reason, message: gate.message, retryAfterMs: gate.retryInMs },
        {
          Ready: PENDING,
          progress: { type: 'Reconciling', claim: ['Retrying', 'Waiting until orders are accepted again.'] },
        },
      );
}

function readOffers(knowledge: Knowledge): Step | undefined {
  const { offers, now, windows, gpuPod } = knowledge;
  const isUsable =
    offers?.kind === 'failure' ||
    (offers !== undefined && now.monotonicMs - offers.beganAtMs < windows.offerMaxAgeMs);
  return isUsable
    ? undefined
    : { kind: 'act', effect: { type: 'readOffers', queries: queriesOf(gpuPod.spec) } };
}

function queriesOf({ gpu, placement, disks }: GpuPodSpec): readonly OfferQuery[] {
  return [...new Set(gpu.types)].map((gpuType) => ({
    gpuType,
    gpuCount: gpu.count,
    regions: (placement.regions ?? []).toSorted(),
    disks: (disks ?? []).toSorted(),
  }));
}

function chooseAndOrder(knowledge: Knowledge, offers: OffersKnowledge | undefined): Step {
  const { gpuPod, policy, coolingDown } = knowledge;
  if (offers?.kind !== 'ok') {
    return restFailing(
      knowledge,
      offers ?? { reason: 'ApiUnavailable', message: 'The offers could not be read.' },
      {
        Ready: PENDING,
        progress: {
          type: 'Reconciling',
          claim: ['Retrying', 'The offers could not be read; they are asked for again.'],
        },
      },
    );
  }
  const ceiling = policy.maxPriceCeiling;
  const wish = wishFrom(
    gpuPod.spec,
    ceiling === undefined ? {} : { maxPriceCeilingMicros: ceiling },
    coolingDown,
  );
  const selection = selectOffer(offers.offers, wish);
  if (selection.kind === 'none') {
    return restWithoutOffer(knowledge, selection);
  }
  return awaitBudget(knowledge, selection) ?? order(knowledge, selection, offers.beganAtMs);
}

function awaitBudget(knowledge: Knowledge, { cost }: SelectedOffer): Step | undefined {
  const { policy, committedElsewhere, windows } = knowledge;
  const limit = policy.maxTotalPricePerHour;
  if (limit === undefined || committedElsewhere + cost.total <= limit) {
    return undefined;
  }
  return restFailing(
    knowledge,
    {
      reason: 'BudgetExhausted',
      message:
        `This order of ${formatUsd(cost.total)} USD/h would exceed the operator's limit of ${formatUsd(limit)} USD/h ` +
        'for all machines together (--max-total-price-per-hour). It waits until others end.',
      retryAfterMs: windows.offerRetryMs,
    },
    {
      Ready: PENDING,
      progress: { type: 'Reconciling', claim: ['Retrying', 'Waiting for room in the budget.'] },
    },
  );
}

function order(knowledge: Knowledge, selected: SelectedOffer, offerSeenAtMs: number): Step {
  const intent = intentFor(knowledge, selected);
  const { offer, sizes } = selected;
  return {
    kind: 'act',
    effect: {
      type: 'createPod',
      intent,
      request: buildCreatePodRequest({
        spec: knowledge.gpuPod.spec,
        policy: knowledge.policy,
        offer,
        sizes,
        name: intent.name,
        capSent: intent.capSent,
      }),
      offerKey: offerKey(offer),
      offerSeenAtMs,
    },
  };
}

function intentFor(knowledge: Knowledge, selected: SelectedOffer): Intent {
  const { gpuPod, policy, installation, account, now } = knowledge;
  const { offer, cost, sizes } = selected;
  const { metadata, spec } = gpuPod;
  const standing = openOrder(knowledge);
  // An order that is known not to have been created is sent again under its own number.
  const attempt = standing.kind === 'open' ? standing.intent.attempt : nextAttemptNumber(knowledge);
  const teamId = spec.teamId ?? policy.defaultTeamId;
  const ceiling = policy.maxPriceCeiling;
  return {
    v: 1,
    attempt,
    name: podName(installation, metadata, attempt),
    uid: metadata.uid,
    installation,
    ...(account.kind === 'fits' && account.userId !== undefined ? { account: account.userId } : {}),
    ...(teamId === undefined ? {} : { teamId }),
    generation: metadata.generation,
    specHash: specHash(spec),
    capSent: capToSend(
      limitsFrom(spec, ceiling === undefined ? {} : { maxPriceCeilingMicros: ceiling }),
      offer,
      cost,
    ),
    offer: recordedOffer(selected, spec),
    cost,
    sizes: {
      ...(sizes.diskSize === undefined ? {} : { diskSize: sizes.diskSize }),
      ...(sizes.vcpus === undefined ? {} : { vcpus: sizes.vcpus }),
      ...(sizes.memory === undefined ? {} : { memory: sizes.memory }),
    },
    startedAt: timestamp(now.wallMs),
  };
}

function recordedOffer(selected: SelectedOffer, spec: GpuPodSpec): Intent['offer'] {
  const {
    images: _images,
    prices: _prices,
    disk: _disk,
    vcpus: _vcpus,
    memory: _memory,
    multiNode: _multi,
    ...offer
  } = selected.offer;
  return { ...offer, image: imageOf(spec), why: explainChoice(selected).slice(0, 299) };
}
