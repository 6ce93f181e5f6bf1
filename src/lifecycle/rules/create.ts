import { MAX_MESSAGE_LENGTH, truncateMessage } from '../../api/gpupod/conditions.ts';
import { capToSend } from '../../offers/cap.ts';
import { explainChoice } from '../../offers/explain.ts';
import { offerKey } from '../../offers/offer-key.ts';
import type { SelectedOffer } from '../../offers/select-offer.ts';
import { limitsFrom } from '../../offers/requirements.ts';
import type { GpuPodSpec } from '../../api/gpupod/spec.ts';
import { identityOf, keyOf } from '../account.ts';
import { imageOf, instanceRequest } from '../instance-request.ts';
import type { Intent } from '../intent.ts';
import type { AccountState, Observation } from '../observation.ts';
import { nextAttemptNumber, openIntentOf } from '../open-intent.ts';
import { MAX_ATTEMPT_NUMBER, podName } from '../pod-name.ts';
import { specHash } from '../spec-hash.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { payingTeam } from '../settings.ts';
import { stall } from './stalled.ts';
import { keyOfRequest } from './ssh-key.ts';
import { estimateNote, provisioningTime } from './provisioning-time.ts';

/**
 * Only an edited create intent can have such a high number. `parsePodName` would not recognize the next attempt, so
 * the operator could not find its instance after a lost create response.
 */
export function stopAtLastNumber(observation: Observation): Step | undefined {
  return attemptNumber(observation) <= MAX_ATTEMPT_NUMBER
    ? undefined
    : stall(
        observation,
        'AttemptsExhausted',
        'This GpuPod has used up its attempt numbers, because its create intent was changed by hand. Create a new GpuPod.',
      );
}

/** An intent that surely created nothing is sent again under its own number. */
function attemptNumber(observation: Observation): number {
  const openIntent = openIntentOf(observation);
  return openIntent.kind === 'open' ? openIntent.intent.attempt : nextAttemptNumber(observation);
}

/** Creates the instance: the intent holds what is needed after a crash, the request what is sent. */
export function createInstance(
  observation: Observation,
  selected: SelectedOffer,
  offerSeenAtMs: number,
): Step {
  const intent = intentFor(observation, selected);
  const { offer, sizes } = selected;
  return {
    kind: 'act',
    effect: {
      type: 'createPod',
      intent,
      request: instanceRequest({
        spec: observation.gpuPod.spec,
        policy: observation.policy,
        offer,
        sizes,
        name: intent.name,
        capSent: intent.capSent,
        sshKeyId: intent.sshKey?.keyId,
      }),
      offerKey: offerKey(offer),
      offerSeenAtMs,
      otherOffers: selected.fittingCount - 1,
    },
  };
}

function intentFor(observation: Observation, selected: SelectedOffer): Intent {
  const { gpuPod, policy, installation, identity, account, reference, now, proofs } = observation;
  const { cost } = selected;
  const { sent: _sent, ...rented } = selected.sizes;
  const { metadata, spec } = gpuPod;
  const attempt = attemptNumber(observation);
  const teamId = payingTeam(spec, policy);
  const sshKey = keyOfRequest(observation);
  const intent: Intent = {
    v: 1,
    attempt,
    name: podName(installation, metadata, attempt),
    uid: metadata.uid,
    installation,
    ...accountFields(account),
    ...(reference === undefined ? {} : { payer: reference }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(sshKey === undefined ? {} : { sshKey }),
    generation: metadata.generation,
    specHash: specHash(spec),
    capSent: capToSend(limitsFrom(spec, policy), selected),
    ...(selected.isPriceAmbiguous ? { isPriceAmbiguous: true } : {}),
    offer: recordedOffer(selected, spec),
    cost,
    sizes: rented,
    startedAt: timestamp(now.wallMs),
    writtenBy: identity,
  };
  const proof = proofs.ofIntent(intent);
  return { ...intent, ...(proof === undefined ? {} : { proof }) };
}

/** The account that pays, or the fingerprint of the key where the account is unknown. */
function accountFields(session: AccountState): Pick<Intent, 'account' | 'origin' | 'keyFingerprint'> {
  const identity = identityOf(session);
  if (identity === undefined) {
    const keyFingerprint = keyOf(session);
    return keyFingerprint === undefined ? {} : { keyFingerprint };
  }
  const { origin, userId } = identity;
  return { account: userId, ...(origin === undefined ? {} : { origin }) };
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
  const note = estimateNote(provisioningTime(spec, offer.provisioningMinutes));
  // Leaves room for the full stop that `selectedDraft` adds.
  const why = truncateMessage(`${explainChoice(selected)}${note}`, MAX_MESSAGE_LENGTH - 1);
  return { ...offer, image: imageOf(spec), why };
}
