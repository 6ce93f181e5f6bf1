import { createHash } from 'node:crypto';
import { isRecord, recordAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { CRD_ANNOTATIONS } from './names.ts';

/** The CRD with marks of its content and age, by which chart and operator know an older one. */
export function markCrd(crd: JsonRecord, version: string): JsonRecord {
  const { apiVersion, kind, spec } = crd;
  const annotations = {
    [CRD_ANNOTATIONS.hash]: contentHash(spec),
    [CRD_ANNOTATIONS.version]: version,
  };
  return { apiVersion, kind, metadata: { ...recordAt(crd, 'metadata'), annotations }, spec };
}

export function annotationsOf(crd: unknown): JsonRecord {
  return recordAt(isRecord(crd) ? crd['metadata'] : undefined, 'annotations');
}

function contentHash(spec: unknown): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
}
