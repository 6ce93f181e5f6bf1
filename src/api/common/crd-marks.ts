import { createHash } from 'node:crypto';
import { isRecord, recordAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { CRD_ANNOTATIONS } from './names.ts';

/** The CRD with marks of its rules and age, by which chart and operator know an older one. */
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

/** A CRD with other texts checks objects by the same rules, and nobody has to wait for a better sentence. */
function contentHash(spec: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(withoutTexts(spec)))
    .digest('hex')
    .slice(0, 16);
}

const TEXTS: ReadonlySet<string> = new Set([
  ...['description', 'message', 'messageExpression', 'fieldPath', 'additionalPrinterColumns'],
]);

/** @param hasNames the keys of this value are names of fields, of which one may be `message` */
function withoutTexts(value: unknown, hasNames = false): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withoutTexts(item));
  }
  if (!isRecord(value)) {
    return value;
  }
  const kept = Object.entries(value).filter(([key]) => hasNames || !TEXTS.has(key));
  return Object.fromEntries(
    kept.map(([key, inner]) => [key, withoutTexts(inner, !hasNames && key === 'properties')]),
  );
}
