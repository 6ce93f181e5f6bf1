import * as z from 'zod';
import { DURATION_PATTERN } from './duration.ts';
import type { AccountKind } from './names.ts';

/** Field types that the spec uses more than once. */

const MAX_OBJECT_NAME = 253;

/** An ID of the provider: opaque, but of harmless characters. */
export function providerId(): z.ZodString {
  return z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9_.:-]+$/);
}

/** Name of an object in the namespace of the GpuPod. */
export function objectName(): z.ZodString {
  return z
    .string()
    .min(1)
    .max(MAX_OBJECT_NAME)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
}

/** The kind of an account. */
export function accountKind(): z.ZodEnum<{ [K in AccountKind]: K }> {
  return z.enum(['GpuAccount', 'ClusterGpuAccount']);
}

/** A key of a Secret in the namespace of the GpuPod. */
export const secretKeyRef = z
  .object({
    name: objectName().describe('Name of a Secret in the namespace of the GpuPod.'),
    key: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[A-Za-z0-9._-]+$/)
      .describe('Key in the data of that Secret.'),
  })
  .describe('A key of a Secret in the namespace of the GpuPod.');

/** A set of short words. It may be empty, because templates write `regions: []`. */
export function wordSet(description: string, pattern = /^[A-Za-z0-9_.-]+$/): z.ZodArray<z.ZodString> {
  return z
    .array(z.string().min(1).max(64).regex(pattern))
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(description);
}

/** A size of the instance, for offers that let you choose it. */
export function size(what: string): z.ZodOptional<z.ZodInt> {
  return z.int().min(1).max(1_000_000).describe(`${what} Absent: the default of the offer.`).optional();
}

/** A duration such as `20m`. `format: duration` would accept `-5m` and `1d`, so a rule sets the bound. */
export function duration(atLeast?: string): z.ZodString {
  const rule = {
    rule: `duration(self) >= duration('${atLeast ?? ''}')`,
    message: `must be at least ${atLeast ?? ''}`,
  };
  return z
    .string()
    .max(32)
    .regex(new RegExp(DURATION_PATTERN))
    .meta(atLeast === undefined ? {} : { 'x-kubernetes-validations': [rule] });
}
