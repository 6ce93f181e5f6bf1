import type { GpuPod } from '../../api/gpu-pod.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import type { OfferStatus } from '../../api/status.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { sameName } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import type { Step } from '../step.ts';
import { beginTermination } from './termination.ts';
import { isOtherGpu, squashed } from './gpu-names.ts';

/** What an instance says of itself, beside what was ordered. */
interface Compared {
  readonly snapshot: InstanceSnapshot;
  readonly spec: GpuPodSpec;
  readonly requested: OfferStatus;
  readonly intent: Intent | undefined;
}

/** What an instance must not be. Each says what differs; a field that is missing says nothing, nor does a spelling. */
const DIFFERENCES: readonly ((compared: Compared) => string | undefined)[] = [
  otherWallet,
  spotThoughForbidden,
  fewerGpus,
  otherGpu,
  deniedUpstream,
  otherPlace,
];

/**
 * An instance that is not what was chosen is ended before it is ever ready: the request cannot say all that an offer
 * does, so what came of it is compared. After that nothing is ended for it: the work on it is worth more.
 */
export function checkAsRequested(
  observation: Observation,
  snapshot: InstanceSnapshot | undefined,
): Step | undefined {
  const { gpuPod } = observation;
  if (snapshot === undefined || gpuPod.status.readyAt !== undefined) {
    return undefined;
  }
  const compared = comparedWith(observation, snapshot);
  const difference = DIFFERENCES.map((differs) => differs(compared)).find((said) => said !== undefined);
  return difference === undefined
    ? undefined
    : beginTermination(
        observation,
        'NotAsRequested',
        `The instance does not match the create request: ${difference}.`,
      );
}

function comparedWith({ gpuPod, intent: reading }: Observation, snapshot: InstanceSnapshot): Compared {
  const intent = reading.kind === 'read' && isOf(gpuPod, reading.intent) ? reading.intent : undefined;
  const { gpuType, gpuCount, isSpot, provider } = { ...intent?.offer, ...gpuPod.status.offer };
  return { snapshot, spec: gpuPod.spec, requested: { gpuType, gpuCount, isSpot, provider }, intent };
}

function isOf({ status }: GpuPod, { name }: Intent): boolean {
  return sameName(status.podName, name);
}

function otherWallet({ snapshot: { teamId, userId }, intent }: Compared): string | undefined {
  if (intent === undefined) {
    return undefined;
  }
  if (teamId !== undefined && teamId !== intent.teamId) {
    return `team ${teamId} pays for it, but the create request named ${intent.teamId === undefined ? 'no team' : `team ${intent.teamId}`}`;
  }
  // What a team pays for may be listed under any of its members.
  const isOthers = intent.teamId === undefined && intent.account !== undefined && userId !== undefined;
  return isOthers && userId !== intent.account
    ? `user ${userId} pays for it, but the API key belongs to ${intent.account ?? ''}`
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
  if (upstream === undefined || squashed(upstream) === squashed(requested.provider ?? '')) {
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
  // Anything but a code may be the same country in other words.
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
  return words.some((one) => squashed(one) === squashed(word));
}
