import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { CostStatus, GpuPodStatus, OfferStatus } from '../../api/gpupod/status.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { namePrefixesOf } from '../open-intent.ts';
import { namePrefixOf, isSameAttempt, MAX_NAME_LENGTH, parsePodName } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { readinessOf } from '../readiness.ts';
import { accruedUsd } from '../status/accrual.ts';
import {
  currentAttemptNumber,
  keptAttemptsCost,
  lostAttempt,
  paidBy,
  reopened,
  withAttempt,
  withAttemptCost,
} from '../status/attempts.ts';
import { accountOf, costStatus, offerStatus } from '../status/bind.ts';
import { createdAtOf } from '../status/creation.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timeMs, timestamp } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { newerInstances } from '../instance-relation.ts';
import { startingDraft } from './condition-drafts.ts';
import { differenceFromSpec } from './differences.ts';
import { newerMessage } from './newer-message.ts';
import { provisioningTimeOf } from './provisioning-time.ts';

/**
 * Adopts an instance of a later attempt than the GpuPod records: the GpuPod was restored or edited. Only a single
 * instance that matches the spec is adopted, once it is ready or has had its time to become so. In all other cases the
 * operator reports it and rents nothing else. An older instance that the status names must be absent from the list, and
 * becomes a duplicate if it shows up.
 */
export function adoptNewer(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const newer = newerInstances(observation);
  if (newer.length === 0 || isDeleting(gpuPod) || isRentedLive(observation)) {
    return undefined;
  }
  const [only] = newer.length === 1 && !gpuPod.spec.suspend ? newer : [];
  if (isAdoptable(observation, only) || isOverdue(observation, only)) {
    return isShownSince(observation) ? adopt(observation, only) : awaitNewerList(observation);
  }
  return gpuPod.status.podId === undefined ? reportNewer(observation, newer, only) : undefined;
}

function isRentedLive({ gpuPod, inventory }: Observation): boolean {
  const { podId } = gpuPod.status;
  return podId !== undefined && inventory?.live.some((instance) => instance.podId === podId) === true;
}

/**
 * Whether the list is newer than this version of the GpuPod. After an older list another process may have written to
 * it.
 */
function isShownSince({ inventory, localState, now }: Observation): boolean {
  return (inventory?.beganAtMs ?? -Infinity) >= (localState.version?.seenAtMs ?? now.monotonicMs);
}

function awaitNewerList({ gpuPod, now }: Observation): Step {
  return { kind: 'rest', status: gpuPod.status, wantsInventoryAfterMs: now.monotonicMs };
}

/**
 * Whether the list shows a ready instance that matches the spec. Nobody knows whether it was ready before, nor at which
 * price, and whoever removes the record while it starts must not lift the cap. If it does not match, it is not
 * terminated either, because it may be in use. A person decides about a failed one.
 */
function isAdoptable(
  observation: Observation,
  instance: InstanceSnapshot | undefined,
): instance is InstanceSnapshot {
  return (
    instance?.priceUsdPerHour !== undefined &&
    readinessOf(instance) === 'usable' &&
    instance.installationFailure === undefined &&
    differenceFromSpec(observation, instance) === undefined
  );
}

/** They have no endpoint yet, so nobody can be using the instance. */
const NEVER_ACTIVE: ReadonlySet<InstanceSnapshot['status']> = new Set(['PROVISIONING', 'PENDING']);

/**
 * Whether a starting instance has had its time to become ready. Nobody can use it, and it bills until somebody
 * terminates it. Once adopted, it is followed like any other that starts, with its timeout. It takes the place of no
 * instance that the status names, whatever one list lacks.
 */
function isOverdue(
  observation: Observation,
  instance: InstanceSnapshot | undefined,
): instance is InstanceSnapshot {
  return (
    instance !== undefined &&
    observation.gpuPod.status.podId === undefined &&
    NEVER_ACTIVE.has(instance.status) &&
    mayGetReady(observation, instance) &&
    observation.now.wallMs - timeMs(instance.createdAt) > provisioningTimeOf(observation).timeoutMs
  );
}

const MAY_GET_READY: ReadonlySet<InstanceSnapshot['status']> = new Set(['PROVISIONING', 'PENDING', 'ACTIVE']);

/** Whether waiting may make it adoptable. */
function mayGetReady(observation: Observation, instance: InstanceSnapshot): boolean {
  const hasFailed = readinessOf(instance) === 'installFailed' || instance.installationFailure !== undefined;
  return (
    !hasFailed &&
    MAY_GET_READY.has(instance.status) &&
    differenceFromSpec(observation, instance) === undefined
  );
}

function reportNewer(
  observation: Observation,
  newer: readonly InstanceSnapshot[],
  only: InstanceSnapshot | undefined,
): Step {
  const isOnItsWay = only !== undefined && mayGetReady(observation, only);
  const { timings, inventory, now } = observation;
  const listedAtMs = Math.max(inventory?.beganAtMs ?? 0, now.monotonicMs - timings.sweepMs);
  const message = newerMessage(observation, newer);
  return {
    kind: 'rest',
    status: draftStatus(observation, {
      Ready: ['Pending', message],
      Synced: ['NewerInstance', message],
      progress: isOnItsWay
        ? {
            type: 'Reconciling',
            draft: [
              'Progressing',
              'Waiting for the instance to become ready, or for its time to do so to end; then the operator adopts it.',
            ],
          }
        : { type: 'Stalled', draft: ['NewerInstance', message] },
    }),
    wantsInventoryAfterMs: listedAtMs + (isOnItsWay ? timings.offerRetryMs : timings.sweepMs),
  };
}

/**
 * Corrects a status that names an earlier attempt than the instance's name: a part of the status is older. What it
 * records about that attempt, above all a termination, is not meant for this instance.
 */
export function correctName(observation: Observation): Step | undefined {
  const { gpuPod, localState, now } = observation;
  const [recorded, heard] = [parsePodName(gpuPod.status.podName), parsePodName(localState.instance?.name)];
  const isLater = recorded !== undefined && heard !== undefined && heard.attempt > recorded.attempt;
  if (!isLater || !namePrefixesOf(observation).has(namePrefixOf(heard))) {
    return undefined;
  }
  const podName = recordedName({ name: localState.instance?.name });
  // The recorded creation time still counts: an attempt that began later would give the instance a longer life.
  const startedAt = gpuPod.status.createdAt ?? timestamp(now.wallMs);
  const attempts = withAttempt(gpuPod.status, heard.attempt, { podName, startedAt });
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      status: { ...gpuPod.status, ...keptAttemptsCost(gpuPod.status), podName, attempts },
    },
  };
}

/** Binds a ready instance as such, so that no timeout or requirement of an older spec terminates it. */
function adopt(observation: Observation, instance: InstanceSnapshot): Step {
  const { now } = observation;
  const at = timestamp(now.wallMs);
  const createdAt = createdAtOf(observation, instance.createdAt, intentFor(observation, instance));
  const lost = lostAttempt(observation.gpuPod.status);
  const isBack = lost?.podId === instance.podId;
  const before = isBack ? reopened(observation.gpuPod.status, lost) : withoutOlder(observation);
  const podName = recordedName(instance);
  const terms = termsOf(observation, instance);
  const message = isBack
    ? `Adopted instance ${instance.podId} again: the provider knows it once more.`
    : `Adopted instance ${instance.podId}, which is newer than what the GpuPod recorded; its offer is known as far as the provider states it.`;
  return {
    kind: 'act',
    effect: {
      type: 'writeStatus',
      status: draftStatus(
        observation,
        {
          Ready: startingDraft(instance.podId),
          OfferSelected: ['Adopted', message],
          Provisioned: ['Adopted', message],
        },
        {
          podId: instance.podId,
          podName,
          podIdProof: observation.proofs.of(instance.podId, terms.account),
          ...terms,
          attemptsCost: before.attemptsCost,
          attempts: withAttempt(before, parsePodName(instance.name)?.attempt ?? 1, {
            podName,
            ...paidBy(instance.teamId),
            startedAt: createdAt,
            ending: undefined,
            outcome: undefined,
          }),
          failedAttempts: undefined,
          createdAt,
          activeAt: NEVER_ACTIVE.has(instance.status) ? undefined : at,
          readyAt: NEVER_ACTIVE.has(instance.status) ? undefined : at,
          terminatedAt: undefined,
          ssh: undefined,
          ports: undefined,
          hint: undefined,
          rejections: undefined,
        },
      ),
    },
  };
}

/** Closes the attempt that the status names, because its instance is no longer listed. */
function withoutOlder({ gpuPod, now }: Observation): GpuPodStatus {
  const { status } = gpuPod;
  const { podId, podName } = status;
  if (podId === undefined) {
    return status;
  }
  const endedAt = timestamp(now.wallMs);
  const message =
    'The operator found a newer instance of this GpuPod; the list of all instances does not show this one.';
  const cost = accruedUsd(status, now.wallMs);
  const end = { podId, podName, endedAt, outcome: 'Ended', reason: 'Lost', message } as const;
  const attempts = withAttempt(status, currentAttemptNumber(status), {
    ...end,
    ...(cost === undefined ? {} : { cost }),
  });
  return { ...status, attempts, ...withAttemptCost(status, cost) };
}

/** The create intent of this instance, if it is still there. */
function intentFor({ intent }: Observation, { name }: InstanceSnapshot): Intent | undefined {
  return intent.kind === 'read' && isSameAttempt(intent.intent.name, name) ? intent.intent : undefined;
}

/** Terms from the create intent if it is still there; else what the instance itself states. */
function termsOf(
  observation: Observation,
  instance: InstanceSnapshot,
): Facts & Pick<GpuPodStatus, 'account'> {
  const intent = intentFor(observation, instance);
  return {
    account: accountOf(observation, intent, instance),
    ...(intent === undefined
      ? { offer: offerOf(instance), cost: costOf(observation, instance) }
      : { offer: offerStatus(intent), cost: costStatus(intent, instance) }),
  };
}

const MAX_WORD_LENGTH = 128;

/** The offer as far as the instance states it, because the record is lost. */
function offerOf({
  upstream,
  gpuName,
  gpuCount,
  isSpot,
  country,
  dataCenter,
}: InstanceSnapshot): OfferStatus {
  const words = { provider: upstream, gpuType: gpuName, country, dataCenter };
  const said = Object.entries(words).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(said.map(([key, word]) => [key, word.slice(0, MAX_WORD_LENGTH)])),
    // The schema accepts only whole numbers, and would reject the whole status.
    ...(Number.isSafeInteger(gpuCount) && (gpuCount ?? 0) > 0 ? { gpuCount } : {}),
    ...(isSpot === undefined ? {} : { isSpot }),
  };
}

function costOf({ gpuPod }: Observation, { priceUsdPerHour }: InstanceSnapshot): CostStatus {
  const { maxPrice } = gpuPod.spec;
  return {
    currency: 'USD',
    ...(priceUsdPerHour === undefined
      ? {}
      : { pricePerHour: priceUsdPerHour, billedPerHour: priceUsdPerHour }),
    ...(maxPrice === undefined ? {} : { maxPrice }),
  };
}

/** Cuts a name that the provider made longer than the schema allows. */
function recordedName({ name = '' }: { readonly name?: string | undefined }): string {
  const parts = parsePodName(name);
  return name.length <= MAX_NAME_LENGTH || parts === undefined
    ? name
    : `${namePrefixOf(parts)}-${String(parts.attempt)}`;
}
