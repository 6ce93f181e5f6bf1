import { isDeleting } from '../../api/gpu-pod.ts';
import type { CostStatus, GpuPodStatus, OfferStatus } from '../../api/status.ts';
import type { Observation } from '../observation.ts';
import { namePrefixesOf } from '../open-intent.ts';
import { namePrefixOf, isSameAttempt, MAX_NAME_LENGTH, parsePodName } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { readinessOf } from '../readiness.ts';
import { currentAttemptNumber, paidBy, withAttempt } from '../status/attempts.ts';
import { accountOf, costStatus, offerStatus } from '../status/bind.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { timestamp, timestampOf } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { newerInstances } from '../surplus.ts';
import { startingDraft } from './condition-drafts.ts';
import { differenceFromSpec } from './differences.ts';
import { newerMessage } from './newer-message.ts';

/**
 * The provider shows an instance of a later attempt than anything on this object tells of: what is on it is from an
 * older moment. The one that is at work, and is as the spec says, is taken over as what it was, a ready one; else it is
 * told, and nothing else is rented. An older instance that the object names must not be there any more: if it shows up,
 * it is a duplicate.
 */
export function adoptNewer(observation: Observation): Step | undefined {
  const { gpuPod } = observation;
  const newer = newerInstances(observation);
  if (newer.length === 0 || isDeleting(gpuPod) || isRentedLive(observation)) {
    return undefined;
  }
  const [only] = newer.length === 1 && !gpuPod.spec.suspend ? newer : [];
  if (isAdoptable(observation, only)) {
    return isShownSince(observation) ? adopt(observation, only) : awaitList(observation);
  }
  return gpuPod.status.podId === undefined ? hold(observation, newer, only) : undefined;
}

function isRentedLive({ gpuPod, inventory }: Observation): boolean {
  const { podId } = gpuPod.status;
  return podId !== undefined && inventory?.live.some((instance) => instance.podId === podId) === true;
}

/** As this object stands now: since an earlier list another process may have written on it. */
function isShownSince({ inventory, localState, now }: Observation): boolean {
  return (inventory?.beganAtMs ?? -Infinity) >= (localState.version?.seenAtMs ?? now.monotonicMs);
}

function awaitList({ gpuPod, now }: Observation): Step {
  return { kind: 'rest', status: gpuPod.status, wantsInventoryAfterMs: now.monotonicMs };
}

/**
 * At work by all that the list says, and as the spec says: nobody knows whether it was ever ready, nor at which price, and
 * a record that was taken away while it started must not lift the cap. It is not ended for that, since it may be at work.
 * One that failed is nobody's to replace without a word.
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

const ON_ITS_WAY: ReadonlySet<InstanceSnapshot['status']> = new Set(['PROVISIONING', 'PENDING', 'ACTIVE']);

/** What it still lacks may come by itself. */
function mayGetReady(observation: Observation, instance: InstanceSnapshot): boolean {
  const hasFailed = readinessOf(instance) === 'installFailed' || instance.installationFailure !== undefined;
  return (
    !hasFailed && ON_ITS_WAY.has(instance.status) && differenceFromSpec(observation, instance) === undefined
  );
}

function hold(
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
            draft: ['Progressing', 'Waiting for the instance to become ready; then the operator adopts it.'],
          }
        : { type: 'Stalled', draft: ['NewerInstance', message] },
    }),
    wantsInventoryAfterMs: listedAtMs + (isOnItsWay ? timings.offerRetryMs : timings.sweepMs),
  };
}

/**
 * The status names an earlier attempt than its instance bears at the provider: a part of it is from an older moment,
 * and what it says of that attempt, an ending above all, is not meant for this instance.
 */
export function correctName(observation: Observation): Step | undefined {
  const { gpuPod, localState, now } = observation;
  const [recorded, heard] = [parsePodName(gpuPod.status.podName), parsePodName(localState.instance?.name)];
  const isLater = recorded !== undefined && heard !== undefined && heard.attempt > recorded.attempt;
  if (!isLater || !namePrefixesOf(observation).has(namePrefixOf(heard))) {
    return undefined;
  }
  const podName = recordedName({ name: localState.instance?.name });
  const attempts = withAttempt(gpuPod.status, heard.attempt, { podName, startedAt: timestamp(now.wallMs) });
  return {
    kind: 'act',
    effect: { type: 'writeStatus', status: { ...gpuPod.status, podName, attempts } },
  };
}

/** It was ready in the state that was lost: no timeout or wish of an older spec ends it. */
function adopt(observation: Observation, instance: InstanceSnapshot): Step {
  const { now } = observation;
  const at = timestamp(now.wallMs);
  const createdAt = timestampOf(instance.createdAt, now.wallMs);
  const podName = recordedName(instance);
  const message = `Adopted instance ${instance.podId}, which is newer than what the GpuPod recorded; its offer is known as far as the provider states it.`;
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
          podIdProof: observation.proofs.of(instance.podId),
          ...termsOf(observation, instance),
          attempts: withAttempt(withoutOlder(observation), parsePodName(instance.name)?.attempt ?? 1, {
            podName,
            ...paidBy(instance.teamId),
            startedAt: createdAt,
            ending: undefined,
            outcome: undefined,
          }),
          failedAttempts: undefined,
          createdAt,
          activeAt: at,
          readyAt: at,
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

/** What the status names is not there any more, and is not followed: it is closed. */
function withoutOlder({ gpuPod, now }: Observation): GpuPodStatus {
  const { status } = gpuPod;
  const { podId, podName } = status;
  if (podId === undefined) {
    return status;
  }
  const endedAt = timestamp(now.wallMs);
  const message =
    'The operator found a newer instance of this GpuPod; the list of all instances does not show this one.';
  const end = { podId, podName, endedAt, outcome: 'Ended', reason: 'Lost', message } as const;
  return { ...status, attempts: withAttempt(status, currentAttemptNumber(status), end) };
}

/** As it was ordered, where the create intent is still there; else as far as it says so itself. */
function termsOf(observation: Observation, instance: InstanceSnapshot): Facts {
  const { intent: reading, account } = observation;
  const intent =
    reading.kind === 'read' && isSameAttempt(reading.intent.name, instance.name) ? reading.intent : undefined;
  return {
    account: accountOf(account, intent, instance),
    ...(intent === undefined
      ? { offer: offerOf(instance), cost: costOf(observation, instance) }
      : { offer: offerStatus(intent), cost: costStatus(intent, instance) }),
  };
}

const MAX_WORD_LENGTH = 128;

/** What the instance says of itself: what it was ordered as is lost. */
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
    // The schema takes whole numbers only, and refuses the whole status for any other.
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

/** What the provider put before it may make a name too long to be written down. */
function recordedName({ name = '' }: { readonly name?: string | undefined }): string {
  const parts = parsePodName(name);
  return name.length <= MAX_NAME_LENGTH || parts === undefined
    ? name
    : `${namePrefixOf(parts)}-${String(parts.attempt)}`;
}
