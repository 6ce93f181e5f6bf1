import { ANNOTATIONS } from '../../../api/common/names.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { isSamePayer } from '../../../lifecycle/account-identity.ts';
import { isProvenIntent } from '../../../lifecycle/id-proof.ts';
import type { IdProofs } from '../../../lifecycle/id-proof.ts';
import { readIntent, unresolvedIntent, writeIntent } from '../../../lifecycle/intent.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import type { LikelyPayer } from './likely-payer.ts';

interface Evidence {
  readonly proofs: Pick<IdProofs, 'ofIntent'>;
  /** The create intent that this process sent. */
  readonly sent: Intent | undefined;
  readonly likelyPayer: (gpuPod: GpuPod, intent: Intent) => LikelyPayer;
}

export interface Judged {
  readonly gpuPod: GpuPod;
  /** Nothing proves that the operator wrote the create intent as it is. */
  readonly isIntentUnproven: boolean;
  /** An open create intent states a user none of whose accounts serves the namespace. */
  readonly isOfOutsider: boolean;
}

/**
 * Puts the payer into a create intent that nothing proves. Whoever saves a GpuPod, removes it by force and applies it
 * again under another UID could otherwise choose whose limits hold for the instance. The instance itself is found and
 * adopted all the same: earlier versions signed no create intent.
 */
export function withLikelyPayer(gpuPod: GpuPod, { proofs, sent, likelyPayer }: Evidence): Judged {
  const reading = readIntent(gpuPod);
  if (reading.kind !== 'read' || isKnown(reading.intent, proofs, sent)) {
    return { gpuPod, isIntentUnproven: false, isOfOutsider: false };
  }
  const { intent } = reading;
  const { podId, account } = gpuPod.status;
  const isOpen = unresolvedIntent(gpuPod) !== undefined;
  if (!isOpen && (podId === undefined || account !== undefined)) {
    // The status says who pays.
    return { gpuPod, isIntentUnproven: true, isOfOutsider: false };
  }
  const { payer, isServing } = likelyPayer(gpuPod, intent);
  const judged = { isIntentUnproven: true, isOfOutsider: isOpen && !isServing };
  return isSamePayer(intent.payer, payer)
    ? { gpuPod, ...judged }
    : { gpuPod: withIntent(gpuPod, { ...intent, payer }), ...judged };
}

function isKnown(intent: Intent, proofs: Evidence['proofs'], sent: Intent | undefined): boolean {
  return isProvenIntent(proofs, intent) || (sent !== undefined && writeIntent(sent) === writeIntent(intent));
}

function withIntent(gpuPod: GpuPod, intent: Intent): GpuPod {
  const { metadata } = gpuPod;
  const annotations = { ...metadata.annotations, [ANNOTATIONS.intent]: writeIntent(intent) };
  return { ...gpuPod, metadata: { ...metadata, annotations } };
}
