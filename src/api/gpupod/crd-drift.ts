import { annotationsOf, markCrd } from '../common/crd-marks.ts';
import { CRD_ANNOTATIONS, VERSION } from '../common/names.ts';
import { gpuPodCrd } from './crd.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the operator reads and writes; the rest every object has. */
const PARTS = ['spec', 'status'];
/** More names than these do not fit into a message. */
const MAX_NAMES = 5;

/** The CRD with marks of its content and age, by which chart and operator know an older one. */
export function markedCrd(version: string): Json {
  return markCrd(gpuPodCrd(), version);
}

/**
 * What is wrong with a CRD that the cluster serves, as a sentence; undefined where it is that of this version, or a
 * newer one with all that this version writes. A mark may be older than the CRD that carries it, so fields are compared
 * as well. Some tools strip annotations: without a mark the fields alone decide, because they protect the limits.
 */
export function crdDrift(served: unknown, ownVersion: string): string | undefined {
  const own = markedCrd(ownVersion);
  const missing = PARTS.flatMap((part) => missingPart(own, served, part));
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMES ? ` and ${String(missing.length - MAX_NAMES)} more` : '';
    return `The installed CRD lacks ${missing.slice(0, MAX_NAMES).join(', ')}${more}.`;
  }
  const [ownMarks, marks] = [annotationsOf(own), annotationsOf(served)];
  const hash = marks[CRD_ANNOTATIONS.hash];
  if (hash === undefined || hash === ownMarks[CRD_ANNOTATIONS.hash]) {
    return undefined;
  }
  const version = marks[CRD_ANNOTATIONS.version];
  if (typeof version === 'string' && isNewer(version, ownVersion)) {
    return undefined;
  }
  return `The installed CRD checks GpuPods by other rules than that of version ${ownVersion}.`;
}

function missingPart(own: unknown, served: unknown, part: string): readonly string[] {
  const [mine, theirs] = [own, served].map((crd) => asRecord(asRecord(schemaOf(crd))['properties']));
  return theirs !== undefined && part in theirs ? missingFields(mine?.[part], theirs[part], part) : [part];
}

function schemaOf(crd: unknown): unknown {
  const { versions } = asRecord(asRecord(crd)['spec']);
  const all = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  const version = all.map((one) => asRecord(one)).find(({ name }) => name === VERSION);
  return asRecord(version?.['schema'])['openAPIV3Schema'];
}

/** Fields of the first schema that the second one would drop, each as a path: `status.attempts[].teamId`. */
function missingFields(own: unknown, served: unknown, path: string): readonly string[] {
  const [{ properties, items }, other] = [asRecord(own), asRecord(served)];
  if (other['x-kubernetes-preserve-unknown-fields'] === true) {
    return [];
  }
  const theirs = asRecord(other['properties']);
  const ofFields = Object.entries(asRecord(properties)).flatMap(([name, schema]) => {
    const place = `${path}.${name}`;
    return name in theirs ? missingFields(schema, theirs[name], place) : [place];
  });
  const ofItems = items === undefined ? [] : missingFields(items, other['items'], `${path}[]`);
  return [...ofFields, ...ofItems].toSorted();
}

/** Compares `1.10.0` with `1.9.0`; what follows a dash does not count. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => (text.split('-')[0] ?? '').split('.').map(Number));
  const difference = [0, 1, 2].map((at) => (a?.[at] ?? 0) - (b?.[at] ?? 0)).find((part) => part !== 0);
  return (difference ?? 0) > 0;
}

function asRecord(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
