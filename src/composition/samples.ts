import { isReleased, parseGpuPod } from '../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { unresolvedIntent } from '../lifecycle/intent.ts';
import type { Policy } from '../lifecycle/settings.ts';
import { currentAttemptNumber } from '../lifecycle/status/attempts.ts';
import { findCondition } from '../lifecycle/status/draft.ts';
import { BoundedLabels } from '../observability/bounded-labels.ts';
import type { EndedAttemptSample, GpuPodSample, InstanceSample } from '../observability/gpu-pod-sample.ts';
import type { SumsSample } from '../observability/metrics.ts';
import type { OfferSample } from '../observability/offer-metrics.ts';
import type { Reservations } from '../accounts/sums/reservations.ts';
import { gpusOf, ownerOf } from '../accounts/sums/stated.ts';
import type { AccountSession } from '../accounts/session.ts';
import { microsToUsd } from '../offers/money.ts';
import type { Offer } from '../offers/offer.ts';
import { priceOffer } from '../offers/price.ts';
import { defaultSizes } from '../offers/sizes.ts';
import type { AccountSources } from './account-samples.ts';
import { sampleAccounts } from './account-samples.ts';

/** Tenants choose namespaces and the provider chooses its values, so the number of time series is bounded. */
const namespaces = new BoundedLabels(1_000);
const providers = new BoundedLabels(100);
const gpuTypes = new BoundedLabels(100);

/** By object version, so that a scrape parses only GpuPods that changed since the last one. */
const samples = new WeakMap<KubernetesObject, readonly GpuPodSample[]>();

/** What metrics need from the GpuPods, without those that this version cannot read. */
export function sampleGpuPods(objects: readonly KubernetesObject[]): readonly GpuPodSample[] {
  return objects.flatMap((object) => {
    const sampled = samples.get(object) ?? readSample(object);
    samples.set(object, sampled);
    return sampled;
  });
}

function readSample(object: KubernetesObject): readonly GpuPodSample[] {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'ok' ? [sampleGpuPod(parsed.gpuPod)] : [];
}

function sampleGpuPod(gpuPod: GpuPod): GpuPodSample {
  const { metadata, status } = gpuPod;
  const { provider, gpuType } = status.offer ?? {};
  return {
    uid: metadata.uid,
    namespace: namespaces.of(metadata.namespace),
    phase: status.phase ?? 'Pending',
    ...(provider === undefined ? {} : { provider: providers.of(provider) }),
    ...(gpuType === undefined ? {} : { gpuType: gpuTypes.of(gpuType) }),
    ...(isBilling(gpuPod) ? { instance: sampleInstance(gpuPod) } : {}),
    ...deletion(gpuPod),
    hasOpenIntent: !isReleased(gpuPod) && unresolvedIntent(gpuPod) !== undefined,
    isExpiring: findCondition(status, 'Expiring')?.status === 'True',
    isUnreachable: isBilling(gpuPod) && findCondition(status, 'Reachable')?.status === 'False',
    endedAttempts: sampleEndedAttempts(gpuPod),
  };
}

/**
 * False after a proven termination or without the finalizer. What still bills then counts among the instances without
 * a GpuPod.
 */
function isBilling(gpuPod: GpuPod): boolean {
  const { podId, terminatedAt } = gpuPod.status;
  return podId !== undefined && terminatedAt === undefined && !isReleased(gpuPod);
}

function deletion(gpuPod: GpuPod): Pick<GpuPodSample, 'deletingSinceMs'> {
  const deletingSinceMs = Date.parse(gpuPod.metadata.deletionTimestamp ?? '');
  return Number.isNaN(deletingSinceMs) || isReleased(gpuPod) ? {} : { deletingSinceMs };
}

function sampleInstance(gpuPod: GpuPod): InstanceSample {
  const { status } = gpuPod;
  const usdPerHour = status.cost?.billedPerHour ?? status.cost?.pricePerHour;
  const createdMs = Date.parse(status.createdAt ?? '');
  const readyMs = Date.parse(status.readyAt ?? '');
  return {
    attempt: currentAttemptNumber(status),
    account: ownerOf(gpuPod).account,
    gpus: gpusOf(gpuPod),
    ...(usdPerHour === undefined ? {} : { usdPerHour }),
    ...(Number.isNaN(createdMs) ? {} : { billedSinceMs: createdMs }),
    ...aboveCap(status),
    ...prepaid(status),
    ...(Number.isNaN(readyMs - createdMs) ? {} : { readyAfterMs: readyMs - createdMs }),
  };
}

function aboveCap({ cost }: GpuPod['status']): Pick<InstanceSample, 'aboveCapUsdPerHour'> {
  const { billedPerHour = 0, maxPrice = Infinity } = cost ?? {};
  return billedPerHour > maxPrice ? { aboveCapUsdPerHour: billedPerHour - maxPrice } : {};
}

function prepaid({ offer: { prepaidHours } = {} }: GpuPod['status']): Pick<InstanceSample, 'prepaidHours'> {
  return prepaidHours === undefined ? {} : { prepaidHours };
}

function sampleEndedAttempts({ status }: GpuPod): readonly EndedAttemptSample[] {
  return (status.attempts ?? []).flatMap(({ number, outcome, cost }) =>
    outcome === undefined
      ? []
      : [{ attempt: number, outcome, ...(cost === undefined ? {} : { costUsd: cost }) }],
  );
}

/** Cooldowns in effect, by reason. */
export function sampleCooldowns(
  sessions: readonly Pick<AccountSession, 'cooldowns'>[],
): ReadonlyMap<string, number> {
  return sumByKey(sessions.flatMap(({ cooldowns }) => [...cooldowns.counts()]));
}

function sumByKey(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [key, value] of entries) {
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

/** The sums that metrics show, all of one moment. */
export function sampleSums(
  reservations: Pick<Reservations, 'summary' | 'isTotalKnown'>,
  accounts: AccountSources,
  { maxTotalPricePerHour }: Pick<Policy, 'maxTotalPricePerHour'>,
): SumsSample {
  const summary = reservations.summary();
  const { unowned, total } = summary;
  return {
    unownedUsdPerHour: new Map([...unowned].map(([kind, micros]) => [kind, microsToUsd(micros)])),
    reservedUsdPerHour: reservations.isTotalKnown ? microsToUsd(total(maxTotalPricePerHour).micros) : 0,
    accounts: sampleAccounts(accounts, summary),
  };
}

/** The limit on all instances in USD per hour. */
export function sampleTotalLimit({
  maxTotalPricePerHour,
}: Pick<Policy, 'maxTotalPricePerHour'>): number | undefined {
  return maxTotalPricePerHour === undefined ? undefined : microsToUsd(maxTotalPricePerHour);
}

/** What metrics need from offers: those with a price at their default sizes. */
export function sampleOffers(offers: readonly Offer[]): readonly OfferSample[] {
  return offers.flatMap((offer) => {
    const cost = priceOffer(offer, defaultSizes(offer));
    return cost === undefined ? [] : [{ gpuCount: offer.gpuCount, usdPerHour: microsToUsd(cost.total) }];
  });
}
