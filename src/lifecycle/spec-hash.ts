import { createHash } from 'node:crypto';
import { FROZEN_FIELDS } from '../api/spec.ts';
import type { GpuPodSpec } from '../api/spec.ts';

/**
 * Hash of the fields that a machine is bought with. If it differs between the order and its answer, the
 * machine is not the one that is wanted any more.
 */
export function specHash(spec: GpuPodSpec): string {
  const bought = FROZEN_FIELDS.map((field) => [field, spec[field]]);
  return createHash('sha256').update(canonicalJson(bought)).digest('hex').slice(0, 16);
}

/** JSON with sorted keys: the same value gives the same text, in whatever order it was written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
