import { z } from 'zod';
import { ANNOTATIONS } from '../api/names.ts';
import { parseJson } from '../json.ts';
import { isPlainText } from '../api/plain-text.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { oncePerObject } from '../api/once-per-object.ts';
import { isSameAttempt, MAX_ATTEMPT_NUMBER } from './pod-name.ts';
import { attemptsOf, hasOutcome } from './status/attempts.ts';

/**
 * What is written onto the object before a create is sent: enough to find the pod again and to rebuild the
 * status after a crash. It is untrusted input when read: people copy, restore and edit annotations.
 */

/** What is hidden from a person who reads it was not written by us. */
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
  prepaidHours: z.number().min(0).optional(),
  /** How it was chosen, in a sentence. */
  why: text(300),
});

const Intent = z.object({
  v: z.literal(1),
  attempt: z.int().min(1).max(MAX_ATTEMPT_NUMBER),
  /** Name of the pod at the provider. */
  name: text(63, 1),
  uid: text(128, 1),
  installation: text(32, 1),
  /** User id of the account that pays; absent where the provider would not say. */
  account: label.optional(),
  /** Origin of the API that the account belongs to; older versions did not say. */
  origin: label.optional(),
  /** Of the API key that it was written for, where nobody said whose that is. */
  keyFingerprint: label.optional(),
  teamId: label.optional(),
  generation: z.int().min(0),
  specHash: text(64, 1),
  /** Micro-dollars per hour: the cap in the body. */
  capSent: micros,
  /** Rows of other prices answer to the same request: what was chosen is the cap. */
  isPriceAmbiguous: z.boolean().optional(),
  offer: IntentOffer,
  cost: z.object({ gpu: micros, disk: micros, vcpus: micros, memory: micros, total: micros }),
  sizes: z.object({
    diskSize: z.int().min(0).optional(),
    vcpus: z.int().min(0).optional(),
    memory: z.int().min(0).optional(),
  }),
  /** For people and to tell two writings apart, never to measure: the clocks of two machines are not compared. */
  startedAt: text(64),
  /** Identity of the process that wrote it, as in the Lease; older versions did not say. */
  writtenBy: text(256).optional(),
  /** How long after its write it may still be sent; absent: `createFenceMs`. Bounded, since anybody may write it. */
  sendWithinMs: z.int().min(0).max(120_000).optional(),
});

export type Intent = z.output<typeof Intent>;

/** What stands in the annotation. `garbled` is treated like an order of unknown outcome: never overwritten blindly. */
export type IntentReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'garbled' }
  | { readonly kind: 'read'; readonly intent: Intent };

export const readIntent = oncePerObject((gpuPod: GpuPod): IntentReading => {
  const text = gpuPod.metadata.annotations[ANNOTATIONS.intent];
  if (text === undefined) {
    return { kind: 'none' };
  }
  const parsed = Intent.safeParse(parseJson(text));
  return parsed.success ? { kind: 'read', intent: parsed.data } : { kind: 'garbled' };
});

export function writeIntent(intent: Intent): string {
  return JSON.stringify(intent);
}

/**
 * Tells one writing of an order from another of the same name: a second process that believes to lead gives its order
 * the same number, and an order that is known not to have been created is sent again under its own.
 */
export function writingOf({ name, writtenBy, startedAt }: Intent): string {
  return JSON.stringify([name, writtenBy, startedAt]);
}

/** Whether the status already says what became of the order. A name without an id says nothing: the id was taken away. */
export function isResolved({ status }: GpuPod, intent: Intent): boolean {
  return (
    (status.podId !== undefined && isSameAttempt(status.podName, intent.name)) ||
    hasOutcome(status, intent.attempt) ||
    // A later attempt is begun only once this one was settled: the intent is from an older moment.
    attemptsOf(status).some(({ number }) => number > intent.attempt)
  );
}

/** The order that stands on an object that rents nothing, and whose outcome is not written down. */
export function unresolvedIntent(gpuPod: GpuPod): Intent | undefined {
  const reading = readIntent(gpuPod);
  return gpuPod.status.podId === undefined && reading.kind === 'read' && !isResolved(gpuPod, reading.intent)
    ? reading.intent
    : undefined;
}
