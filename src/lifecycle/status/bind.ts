import type { CostStatus, GpuPodStatus, OfferStatus } from '../../api/gpupod/status.ts';
import { microsToUsd } from '../../offers/money.ts';
import { accountOfIntent, identityOf } from '../account.ts';
import type { AccountIdentity } from '../account-identity.ts';
import type { Intent } from '../intent.ts';
import type { AccountState, Observation } from '../observation.ts';
import type { LocalState } from '../local-state.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { ON_ITS_WAY, selectedDraft, startingDraft } from '../rules/condition-drafts.ts';
import { isHashOf } from '../spec-hash.ts';
import { paidBy, withAttempt } from './attempts.ts';
import { createdAtOf } from './creation.ts';
import { draftStatus } from './draft.ts';
import type { Facts } from './draft.ts';
import { timestampOf } from './timestamp.ts';

/**
 * The status that binds an instance to the GpuPod, rebuilt from the create intent. It is the same whether the create
 * response arrived or a list showed the instance later. If the spec changed meanwhile, the instance is bound in order
 * to be terminated.
 */
export function bindStatus(
  observation: Observation,
  intent: Intent,
  instance: InstanceSnapshot,
  adopted: boolean,
): GpuPodStatus {
  const { gpuPod } = observation;
  const isOutdated = !isHashOf(intent.specHash, gpuPod.spec);
  const [selected, message] = selectedDraft(gpuPod.spec, intent);
  return draftStatus(
    observation,
    {
      Ready: startingDraft(instance.podId),
      OfferSelected: [adopted ? 'Adopted' : selected, message],
      Provisioned: isOutdated
        ? [
            'SpecChanged',
            'The spec changed during the create request, so the operator terminates this instance.',
          ]
        : ['CreatePending', `Instance ${instance.podId} is created but not active yet.`],
      progress: { type: 'Reconciling', draft: ON_ITS_WAY },
    },
    bindFacts(observation, intent, instance, isOutdated),
  );
}

function bindFacts(
  observation: Observation,
  intent: Intent,
  instance: InstanceSnapshot,
  isOutdated: boolean,
): Facts {
  const { gpuPod, now, proofs, localState } = observation;
  const account = accountOf(observation, intent, instance, answeredAccount(localState, instance));
  const createdAt = createdAtOf(observation, instance.createdAt, intent);
  return {
    podId: instance.podId,
    podIdProof: proofs.of(instance.podId, account),
    podName: intent.name,
    account,
    offer: offerStatus(intent),
    cost: costStatus(intent, instance),
    attempts: withAttempt(gpuPod.status, intent.attempt, {
      podName: intent.name,
      ...paidBy(intent.teamId),
      offer: shortOffer(intent),
      pricePerHour: microsToUsd(intent.cost.total),
      // The instance counts as no older than its attempt, so the attempt must not begin later by an edited intent.
      startedAt:
        observation.isIntentUnproven === true ? createdAt : timestampOf(intent.startedAt, now.wallMs),
      ...(isOutdated ? { ending: 'SpecChanged' } : {}),
    }),
    createdAt,
    activeAt: undefined,
    readyAt: undefined,
    terminatedAt: undefined,
    sshKey: intent.sshKey,
    ssh: undefined,
    ports: undefined,
    hint: undefined,
    rejections: gpuPod.status.rejections,
  };
}

/** The account that the create response of this process named. */
function answeredAccount({ unbound }: LocalState, { podId }: InstanceSnapshot): AccountIdentity | undefined {
  return unbound?.podId === podId ? unbound.account : undefined;
}

/**
 * The account that this process rented with, or that of the create intent, which anybody may edit. Failing these, that
 * of the current key, or the user that the snapshot names.
 */
export function accountOf(
  { account: session, reference }: Pick<Observation, 'account' | 'reference'>,
  intent: Intent | undefined,
  { userId }: InstanceSnapshot,
  answered?: AccountIdentity,
): GpuPodStatus['account'] {
  const intended = intent === undefined ? undefined : accountOfIntent(intent);
  const identity = answered ?? intended ?? identityOf(session) ?? namedBy(session, userId);
  return identity === undefined
    ? undefined
    : {
        ...(intent?.payer ?? reference),
        ...(session.kind === 'unknown' ? {} : originOf(session)),
        ...originOf(identity),
        userId: identity.userId,
      };
}

/** The user that a snapshot names, at the API that the key belongs to. */
function namedBy(session: AccountState, userId: string | undefined): AccountIdentity | undefined {
  return session.kind === 'unknown' || userId === undefined ? undefined : { ...originOf(session), userId };
}

function originOf({ origin }: { readonly origin?: string | undefined }): { origin?: string } {
  return origin === undefined ? {} : { origin };
}

/** The offer in one line, for `status.attempts`. */
export function shortOffer({ offer }: Intent): string {
  const place = offer.dataCenter ?? offer.country ?? offer.region;
  return [offer.provider, offer.cloudId, `${String(offer.gpuCount)}x ${offer.gpuType}`, place]
    .filter((part) => part !== undefined)
    .join(' ')
    .slice(0, 256);
}

export function offerStatus({ offer, sizes }: Intent): OfferStatus {
  const { why: _why, provisioningMinutes: _minutes, gpuMemory, ...recorded } = offer;
  return { ...recorded, ...wholeGigabytes(gpuMemory), ...sizes };
}

/** The schema accepts only whole numbers, and would reject the whole status. */
function wholeGigabytes(gpuMemory = NaN): Pick<OfferStatus, 'gpuMemory'> {
  const rounded = Math.round(gpuMemory);
  return Number.isSafeInteger(rounded) && rounded >= 0 ? { gpuMemory: rounded } : {};
}

export function costStatus({ cost, capSent }: Intent, instance: InstanceSnapshot): CostStatus {
  return {
    currency: 'USD',
    gpu: microsToUsd(cost.gpu),
    disk: microsToUsd(cost.disk),
    vcpus: microsToUsd(cost.vcpus),
    memory: microsToUsd(cost.memory),
    pricePerHour: microsToUsd(cost.total),
    maxPrice: microsToUsd(capSent),
    ...(instance.priceUsdPerHour === undefined ? {} : { billedPerHour: instance.priceUsdPerHour }),
  };
}
