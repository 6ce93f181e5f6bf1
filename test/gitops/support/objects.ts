import * as z from 'zod';
import type { RawObject } from '../../../src/kubernetes/objects.ts';

const Status = z.object({
  observedGeneration: z.int().optional(),
  conditions: z
    .array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() }))
    .default([]),
});

/** A condition as any tool reads it. */
export type AnyCondition = z.output<typeof Status>['conditions'][number];

export function conditionsIn(object: RawObject): readonly AnyCondition[] {
  return Status.parse(object['status'] ?? {}).conditions;
}

export function observedGenerationIn(object: RawObject): number | undefined {
  return Status.parse(object['status'] ?? {}).observedGeneration;
}
