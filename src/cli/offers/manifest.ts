import { parseAllDocuments } from 'yaml';
import { API_VERSION, KIND } from '../../api/common/names.ts';
import { isRecord, recordAt, stringAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { CliError } from '../cli-error.ts';

/**
 * The GpuPod of a manifest in YAML or JSON. With several, the name says which.
 *
 * @throws {CliError} if there is no such GpuPod
 */
export function gpuPodOfManifest(text: string, file: string, name: string | undefined): JsonRecord {
  const all = objectsOf(text, file).filter((object) => stringAt(object, 'kind') === KIND);
  const known = all.filter((object) => stringAt(object, 'apiVersion') === API_VERSION);
  const named = name === undefined ? known : known.filter((object) => nameOf(object) === name);
  const [found, ...others] = named;
  if (found === undefined) {
    throw new CliError(absent(file, all, known, name));
  }
  if (others.length > 0) {
    const names = named.map(nameOf).join(', ');
    throw new CliError(`${file} has several GpuPods: choose one by its name: ${names}`);
  }
  return found;
}

function absent(
  file: string,
  all: readonly JsonRecord[],
  known: readonly JsonRecord[],
  name: string | undefined,
): string {
  if (known.length > 0) {
    return `${file} has no GpuPod ${name ?? ''}; it has ${known.map(nameOf).join(', ')}`;
  }
  const versions = all.map((object) => stringAt(object, 'apiVersion') ?? 'none');
  return versions.length === 0
    ? `${file} has no object of kind ${KIND}.`
    : `${file} has a GpuPod with the apiVersion ${versions.join(', ')}: set it to ${API_VERSION}.`;
}

function nameOf(object: JsonRecord): string {
  return stringAt(recordAt(object, 'metadata'), 'name') ?? '<no name>';
}

/** All objects of all documents, those of lists included. */
function objectsOf(text: string, file: string): readonly JsonRecord[] {
  const values = parseAllDocuments(text).flatMap((document): readonly unknown[] => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      throw new CliError(`${file} is not YAML: ${problem.message.split('\n')[0] ?? ''}`, { cause: problem });
    }
    const value: unknown = document.toJS();
    const items = isRecord(value) ? value['items'] : undefined;
    const list: readonly unknown[] = Array.isArray(items) ? items : [value];
    return list;
  });
  return values.filter(isRecord);
}

/**
 * Paths of fields that a schema did not keep. The API server would prune them, so a misspelled limit would not hold.
 *
 * @param input as a person wrote it
 * @param known the same after parsing
 */
export function unknownFields(input: unknown, known: unknown, path = 'spec'): readonly string[] {
  if (Array.isArray(input)) {
    const items: readonly unknown[] = input;
    const kept: readonly unknown[] = Array.isArray(known) ? known : [];
    return items.flatMap((item, at) => unknownFields(item, kept[at], `${path}[${at}]`));
  }
  if (!isRecord(input) || !isRecord(known)) {
    return [];
  }
  return Object.entries(input).flatMap(([key, value]) => {
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    return key in known || isEmpty ? unknownFields(value, known[key], `${path}.${key}`) : [`${path}.${key}`];
  });
}
