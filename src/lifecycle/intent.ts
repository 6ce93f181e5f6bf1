import * as z from 'zod';
import { ANNOTATIONS } from '../api/common/names.ts';
import { accountKind } from '../api/common/field-kinds.ts';
import { parseJson } from '../json.ts';
import { normalFormTest } from '../api/common/normal-form.ts';
import { isPlainText } from '../api/common/plain-text.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { oncePerObject } from '../api/common/once-per-object.ts';
import { SharedValues } from '../api/common/shared-values.ts';
import { MAX_PREPAID_HOURS } from '../offers/upfront.ts';
import { isSameAttempt, MAX_ATTEMPT_NUMBER } from './pod-name.ts';
import { attemptsOf, hasOutcome } from './status/attempts.ts';

/**
 * The create intent: written onto the GpuPod before the create request is sent. It holds what the operator needs to
 * find the instance and to rebuild the status after a crash. It is untrusted input, because people copy, restore and
 * edit annotations.
 */

/** Rejects invisible characters: the operator never writes any, so such a text was edited. */
function text(maxLength: number, minLength = 0): z.ZodString {
  return z.string().min(minLength).max(maxLength).refine(isPlainText);
}

const label = text(256);
const micros = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const IntentOffer = z.object({
  provider: label,
  cloudId: label,
  gpuType: label,
  socket: label,
  gpuCount: z.int().min(1),
  gpuMemory: z.number().optional(),
  dataCenter: label.optional(),
  country: label.optional(),
  region: label.optional(),
  security: label,
  isSpot: z.boolean(),
  stockStatus: label,
  image: label,
  provisioningMinutes: z.number().optional(),
  prepaidHours: z.number().min(0).max(MAX_PREPAID_HOURS).optional(),
  /** Why the operator chose this offer, in one sentence. */
  why: text(300),
});

const Intent = z.object({
  v: z.literal(1),
  attempt: z.int().min(1).max(MAX_ATTEMPT_NUMBER),
  /** Name of the instance at the provider. */
  name: text(63, 1),
  uid: text(128, 1),
  installation: text(32, 1),
  /** User ID of the account that pays; absent where the provider did not name it. */
  account: label.optional(),
  /** Origin of the API that the account belongs to; absent in records of earlier versions. */
  origin: label.optional(),
  /** The account of the cluster that pays; absent: the operator's own API key. */
  payer: z.object({ kind: accountKind(), name: label }).optional(),
  /** Fingerprint of the API key; present where the account is not known. */
  keyFingerprint: label.optional(),
  teamId: label.optional(),
  /** The SSH key of the create request; absent: the primary key of the account, or written by an earlier version. */
  sshKey: z
    .object({ source: label, keyId: label, fingerprint: label.optional(), secretName: label.optional() })
    .optional(),
  generation: z.int().min(0),
  specHash: text(64, 1),
  /** The `maxPrice` of the create body, in micro-dollars per hour. */
  capSent: micros,
  /** Offers with other prices match the same create request, so the cap is the chosen price. */
  isPriceAmbiguous: z.boolean().optional(),
  offer: IntentOffer,
  cost: z.object({ gpu: micros, disk: micros, vcpus: micros, memory: micros, total: micros }),
  sizes: z.object({
    diskSize: z.int().min(0).optional(),
    vcpus: z.int().min(0).optional(),
    memory: z.int().min(0).optional(),
  }),
  /** For people, and to tell apart two intents of one name. Never used to measure time, because clocks differ. */
  startedAt: text(64),
  /** Identity of the process that wrote it, as in the Lease; absent in records of earlier versions. */
  writtenBy: text(256).optional(),
  /**
   * Milliseconds after the write in which the request may still be sent. Absent: `createFenceMs`. Bounded, because
   * anyone can edit it.
   */
  sendWithinMs: z.int().min(0).max(120_000).optional(),
  /** The operator's signature, see `id-proof.ts`; absent in records of earlier versions. */
  proof: text(64).optional(),
});

export type Intent = z.output<typeof Intent>;

/** The parsed annotation. `garbled` counts as an unknown outcome: the operator never overwrites it blindly. */
export type IntentReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'read'; readonly intent: Intent };

export const readIntent = oncePerObject((gpuPod: GpuPod): IntentReading => {
  const text = gpuPod.metadata.annotations[ANNOTATIONS.intent];
  if (text === undefined) {
    return { kind: 'none' };
  }
  const value = parseJson(text);
  if (isNormalIntent(value)) {
    return { kind: 'read', intent: shared.share(value) };
  }
  const parsed = Intent.safeParse(value);
  return parsed.success ? { kind: 'read', intent: parsed.data } : { kind: 'garbled' };
});

const isNormalIntent = normalFormTest(Intent);
/** Thousands of intents name the same few offers. */
const shared = new SharedValues();

export function writeIntent(intent: Intent): string {
  return JSON.stringify(intent);
}

/**
 * Identifies one write of a create intent. The name alone does not: a second process that believes it is the leader
 * numbers its attempt the same, and the operator repeats a request that surely created nothing under the same name.
 */
export function writingOf({ name, writtenBy, startedAt }: Intent): string {
  return JSON.stringify([name, writtenBy, startedAt]);
}

/**
 * Whether the status records the outcome of this create intent. A name without an ID does not: somebody removed the
 * ID.
 */
export function isResolved({ status }: GpuPod, intent: Intent): boolean {
  return (
    (status.podId !== undefined && isSameAttempt(status.podName, intent.name)) ||
    hasOutcome(status, intent.attempt) ||
    // A later attempt starts only after this one is settled, so the intent is older than the status.
    attemptsOf(status).some(({ number }) => number > intent.attempt)
  );
}

/** The create intent on the GpuPod, open or not; undefined where there is none that can be read. */
export function intentOf(gpuPod: GpuPod): Intent | undefined {
  const reading = readIntent(gpuPod);
  return reading.kind === 'read' ? reading.intent : undefined;
}

/** The create intent whose outcome the status does not record yet; undefined while an instance is rented. */
export function unresolvedIntent(gpuPod: GpuPod): Intent | undefined {
  // Of those with an instance nothing is parsed, because a pass over thousands of them asks.
  if (gpuPod.status.podId !== undefined) {
    return undefined;
  }
  const intent = intentOf(gpuPod);
  return intent !== undefined && !isResolved(gpuPod, intent) ? intent : undefined;
}
