import type { GpuPodSpec } from '../../api/gpupod/spec.ts';
import type { OfferStatus } from '../../api/gpupod/status.ts';
import { capToMicros, formatUsd, priceToMicros } from '../../offers/money.ts';
import { effectiveCap, limitsFrom } from '../../offers/requirements.ts';
import { identityOf } from '../account.ts';
import { lifetimeOf, lifetimeText } from '../lifetime.ts';
import type { Observation } from '../observation.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { attemptsCostOf, lostAttempt, reopened } from '../status/attempts.ts';
import { timeMs } from '../status/timestamp.ts';
import { payingTeam } from '../settings.ts';
import { isOtherGpu, normalized } from './gpu-names.ts';

const MS_PER_HOUR = 3_600_000;

/** What the snapshot says, and what it must match. */
export interface Compared {
  readonly snapshot: InstanceSnapshot;
  readonly spec: GpuPodSpec;
  readonly requested: OfferStatus;
  /** Undefined where no record says who pays. */
  readonly payer: RecordedPayer | undefined;
}

interface RecordedPayer {
  readonly teamId: string | undefined;
  readonly userId: string | undefined;
  /** For the message: where the team comes from. */
  readonly namedBy: 'the create request named' | 'the spec names';
}

type Difference = (compared: Compared) => string | undefined;

/** Each check returns what differs. A missing field or another spelling is no difference. */
const DIFFERENCES: readonly Difference[] = [
  otherWallet,
  spotThoughForbidden,
  fewerGpus,
  otherGpu,
  deniedUpstream,
  otherPlace,
];

export function firstDifference(compared: Compared): string | undefined {
  return DIFFERENCES.map((differs) => differs(compared)).find((said) => said !== undefined);
}

/**
 * The first difference from the spec and the cap, for an instance whose create intent is lost. It does not become ready
 * while there is one.
 */
export function differenceFromSpec(
  observation: Pick<Observation, 'gpuPod' | 'policy' | 'account' | 'now'>,
  snapshot: InstanceSnapshot,
): string | undefined {
  const { gpuPod, policy, account } = observation;
  const { spec } = gpuPod;
  const compared: Compared = {
    snapshot,
    spec,
    requested: { gpuType: spec.gpu.types[0], gpuCount: spec.gpu.count },
    payer: {
      teamId: payingTeam(spec, policy),
      userId: identityOf(account)?.userId,
      namedBy: 'the spec names',
    },
  };
  return (
    aboveCap(observation, snapshot) ??
    firstDifference(compared) ??
    notSpot(compared) ??
    moreGpus(compared) ??
    outlived(observation, snapshot) ??
    overspent(observation, snapshot)
  );
}

/** A spec that is older than the instance must not end it, at the first snapshot and without notice. */
function outlived(
  { gpuPod, policy, now }: Pick<Observation, 'gpuPod' | 'policy' | 'now'>,
  { createdAt }: InstanceSnapshot,
): string | undefined {
  const lifetime = lifetimeOf(gpuPod.spec, policy);
  return lifetime?.source === 'spec' && now.wallMs - timeMs(createdAt) >= lifetime.ms
    ? `it is older than ${lifetimeText(lifetime)}`
    : undefined;
}

/** The same for the total cost, at the price that the instance has now. */
function overspent(
  { gpuPod, now }: Pick<Observation, 'gpuPod' | 'now'>,
  { podId, createdAt, priceUsdPerHour = 0 }: InstanceSnapshot,
): string | undefined {
  const { maxTotalCost } = gpuPod.spec;
  const lost = lostAttempt(gpuPod.status);
  const before = lost?.podId === podId ? reopened(gpuPod.status, lost) : gpuPod.status;
  const hours = Math.max(0, now.wallMs - timeMs(createdAt)) / MS_PER_HOUR;
  const usd = attemptsCostOf(before) + hours * priceUsdPerHour;
  return maxTotalCost !== undefined && usd >= maxTotalCost
    ? `with earlier attempts it has cost all of spec.maxTotalCost ${formatUsd(capToMicros(maxTotalCost))} USD`
    : undefined;
}

function aboveCap(
  { gpuPod, policy }: Pick<Observation, 'gpuPod' | 'policy'>,
  { priceUsdPerHour = 0 }: InstanceSnapshot,
): string | undefined {
  const cap = effectiveCap(limitsFrom(gpuPod.spec, policy));
  return cap !== undefined && priceToMicros(priceUsdPerHour) > cap
    ? `its price is above the cap of ${formatUsd(cap)} USD/h`
    : undefined;
}

function notSpot({ snapshot, spec }: Compared): string | undefined {
  return snapshot.isSpot === false && spec.placement.spot === 'Require'
    ? 'it is not a spot instance, but spec.placement.spot is Require'
    : undefined;
}

function moreGpus({ snapshot: { gpuCount = 0 }, spec: { gpu } }: Compared): string | undefined {
  return gpuCount > gpu.count ? `it has ${String(gpuCount)} GPUs instead of ${String(gpu.count)}` : undefined;
}

function otherWallet({ snapshot: { teamId, userId }, payer }: Compared): string | undefined {
  if (payer === undefined) {
    return undefined;
  }
  if (teamId !== undefined && teamId !== payer.teamId) {
    return `team ${teamId} pays for it, but ${payer.namedBy} ${payer.teamId === undefined ? 'no team' : `team ${payer.teamId}`}`;
  }
  // An instance that a team pays for may be listed under any member.
  return payer.teamId === undefined &&
    payer.userId !== undefined &&
    userId !== undefined &&
    userId !== payer.userId
    ? `user ${userId} pays for it, but the API key belongs to ${payer.userId}`
    : undefined;
}

function spotThoughForbidden({ snapshot, spec }: Compared): string | undefined {
  return snapshot.isSpot === true && spec.placement.spot === 'Forbid'
    ? 'it is a spot instance, but spec.placement.spot is Forbid'
    : undefined;
}

function fewerGpus({ snapshot, requested }: Compared): string | undefined {
  const { gpuCount = 0 } = snapshot;
  return gpuCount > 0 && gpuCount < (requested.gpuCount ?? 0)
    ? `it has ${String(gpuCount)} GPUs instead of ${String(requested.gpuCount)}`
    : undefined;
}

function otherGpu({ snapshot: { gpuName }, requested: { gpuType }, spec }: Compared): string | undefined {
  const isOther = gpuName !== undefined && gpuType !== undefined && isOtherGpu(gpuType, gpuName);
  const isWanted = spec.gpu.types.some((type) => !isOtherGpu(type, gpuName ?? ''));
  return isOther && !isWanted ? `it has ${gpuName} instead of ${gpuType}` : undefined;
}

function deniedUpstream({ snapshot: { upstream }, requested, spec }: Compared): string | undefined {
  const { allow, deny = [] } = spec.placement.providers ?? {};
  if (upstream === undefined || normalized(upstream) === normalized(requested.provider ?? '')) {
    return undefined;
  }
  const isAllowed = allow === undefined || isAmong(allow, upstream);
  return isAllowed && !isAmong(deny, upstream)
    ? undefined
    : `it runs at ${upstream}, which spec.placement.providers does not allow`;
}

const COUNTRY_CODE = /^[A-Za-z]{2}$/;

function otherPlace({
  snapshot: { country, dataCenter },
  spec: { placement },
}: Compared): string | undefined {
  // Any other text may spell the same country differently.
  const isCode = country !== undefined && COUNTRY_CODE.test(country);
  if (isCode && placement.countries !== undefined && !isAmong(placement.countries, country)) {
    return `it is in ${country}, which is not in spec.placement.countries`;
  }
  return dataCenter !== undefined &&
    placement.dataCenters !== undefined &&
    !isAmong(placement.dataCenters, dataCenter)
    ? `it is in data center ${dataCenter}, which is not in spec.placement.dataCenters`
    : undefined;
}

function isAmong(words: readonly string[], word: string): boolean {
  return words.some((one) => normalized(one) === normalized(word));
}
