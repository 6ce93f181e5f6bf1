import { isRecord, recordAt, stringAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { annotationsOf } from './crd-marks.ts';
import { CRD_ANNOTATIONS, VERSION } from './names.ts';

/** What the operator reads and writes; the rest every object has. */
const PARTS = ['spec', 'status'];
/** More names than these do not fit into a message. */
const MAX_NAMES = 5;

/**
 * What is wrong with a CRD that the cluster serves, as a sentence; undefined where it is that of this version, or a
 * newer one with all that this version writes. A mark may be older than the CRD that carries it, so fields are compared
 * as well. Some tools strip annotations: without a mark the fields alone decide, because they protect the limits.
 *
 * @param own the marked CRD of this version
 */
export function crdDrift(own: JsonRecord, served: unknown): string | undefined {
  const subject = `The installed CRD ${stringAt(own['metadata'], 'name') ?? ''}`;
  const missing = PARTS.flatMap((part) => missingPart(own, served, part));
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMES ? ` and ${String(missing.length - MAX_NAMES)} more` : '';
    return `${subject} lacks ${missing.slice(0, MAX_NAMES).join(', ')}${more}.`;
  }
  const [ownMarks, marks] = [annotationsOf(own), annotationsOf(served)];
  const hash = marks[CRD_ANNOTATIONS.hash];
  if (hash === undefined || hash === ownMarks[CRD_ANNOTATIONS.hash]) {
    return undefined;
  }
  const version = stringAt(marks, CRD_ANNOTATIONS.version);
  const ownVersion = stringAt(ownMarks, CRD_ANNOTATIONS.version) ?? '';
  return version !== undefined && isNewer(version, ownVersion)
    ? undefined
    : `${subject} checks objects by other rules than the CRD of version ${ownVersion}.`;
}

function missingPart(own: unknown, served: unknown, part: string): readonly string[] {
  const [mine, theirs] = [own, served].map((crd) => recordAt(schemaOf(crd), 'properties'));
  return theirs !== undefined && part in theirs ? missingFields(mine?.[part], theirs[part], part) : [part];
}

function schemaOf(crd: unknown): JsonRecord {
  const { versions } = recordAt(crd, 'spec');
  const all = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  return recordAt(
    recordAt(
      all.find((one) => stringAt(one, 'name') === VERSION),
      'schema',
    ),
    'openAPIV3Schema',
  );
}

/** Fields of the first schema that the second one would drop, each as a path: `status.attempts[].teamId`. */
function missingFields(own: unknown, served: unknown, path: string): readonly string[] {
  if (!isRecord(own) || (isRecord(served) && served['x-kubernetes-preserve-unknown-fields'] === true)) {
    return [];
  }
  const theirs = recordAt(served, 'properties');
  const ofFields = Object.entries(recordAt(own, 'properties')).flatMap(([name, schema]) => {
    const place = `${path}.${name}`;
    return name in theirs ? missingFields(schema, theirs[name], place) : [place];
  });
  const ofItems =
    own['items'] === undefined ? [] : missingFields(own['items'], recordAt(served, 'items'), `${path}[]`);
  return [...ofFields, ...ofItems].toSorted();
}

/** Compares `1.10.0` with `1.9.0`; what follows a dash does not count. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => (text.split('-')[0] ?? '').split('.').map(Number));
  const difference = [0, 1, 2].map((at) => (a?.[at] ?? 0) - (b?.[at] ?? 0)).find((part) => part !== 0);
  return (difference ?? 0) > 0;
}
