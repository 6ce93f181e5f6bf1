import { createHash } from 'node:crypto';
import { oncePerObject } from '../api/common/once-per-object.ts';
import { FROZEN_FIELDS } from '../api/gpupod/spec.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';

/**
 * Hash of the spec fields that determine what is rented. If it changes during a create request, the instance no
 * longer matches the spec.
 */
export const specHash = oncePerObject((spec: GpuPodSpec): string => {
  const bought = FROZEN_FIELDS.filter((field) => isHashed(spec, field)).map((field) => [field, spec[field]]);
  return createHash('sha256').update(canonicalJson(bought)).digest('hex').slice(0, 16);
});

/**
 * Whether a create intent with this hash was written for this spec. Versions in which the CRD set `placement.security`
 * hashed secure_cloud where the spec was silent.
 */
export function isHashOf(hash: string, spec: GpuPodSpec): boolean {
  const { security = 'secure_cloud' } = spec.placement;
  return (
    hash === specHash(spec) || hash === specHash({ ...spec, placement: { ...spec.placement, security } })
  );
}

const LATER_FIELDS: ReadonlySet<string> = new Set(['accountRef', 'ssh']);

/** Intents of earlier versions were written without these fields, and must not look changed after an upgrade. */
function isHashed(spec: GpuPodSpec, field: (typeof FROZEN_FIELDS)[number]): boolean {
  return !LATER_FIELDS.has(field) || spec[field] !== undefined;
}

/** JSON with sorted keys, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
