import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { isRecord, stringAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { KubeConfigError, messageOf } from './kube-config-error.ts';

/** One named entry of a kubeconfig, as it was written. */
export interface RawEntry {
  readonly name: string;
  readonly body: JsonRecord;
  /** The directory of its file. Relative paths in the entry start there. */
  readonly directory: string;
}

/** The entries of one or several files, by name. */
export interface RawKubeConfig {
  readonly clusters: ReadonlyMap<string, RawEntry>;
  readonly users: ReadonlyMap<string, RawEntry>;
  readonly contexts: ReadonlyMap<string, RawEntry>;
  readonly currentContext: string | undefined;
}

const NOTHING: RawKubeConfig = {
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
  currentContext: undefined,
};

/** True if it contains nothing that could be meant, as `/dev/null` does. */
export function isEmpty({ clusters, users, contexts, currentContext }: RawKubeConfig): boolean {
  return clusters.size + users.size + contexts.size === 0 && currentContext === undefined;
}

/**
 * Reads one file.
 *
 * @throws {KubeConfigError} if the file is missing, cannot be read, or is no kubeconfig
 */
export function readKubeConfigFile(file: string): RawKubeConfig {
  return readFile(file, readText(file));
}

/**
 * Reads a list of files as kubectl does: it skips files that are missing, and the first definition of a name wins as
 * a whole.
 *
 * @throws {KubeConfigError} if all files are missing, or one cannot be read or is no kubeconfig
 */
export function readKubeConfigFiles(files: readonly string[]): RawKubeConfig {
  const texts = files.map((file) => ({ file, text: readTextIfThere(file) }));
  if (texts.length > 0 && texts.every(({ text }) => text === undefined)) {
    throw new KubeConfigError(
      `the kubeconfig cannot be read: no file of KUBECONFIG exists: ${files.join(', ')}`,
    );
  }
  return texts
    .map(({ file, text }) => (text === undefined ? NOTHING : readFile(file, text)))
    .reduce(merge, NOTHING);
}

function merge(first: RawKubeConfig, second: RawKubeConfig): RawKubeConfig {
  return {
    clusters: new Map([...second.clusters, ...first.clusters]),
    users: new Map([...second.users, ...first.users]),
    contexts: new Map([...second.contexts, ...first.contexts]),
    currentContext: first.currentContext ?? second.currentContext,
  };
}

function readTextIfThere(file: string): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    if (error instanceof KubeConfigError && stringAt(error.cause, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function readFile(file: string, text: string): RawKubeConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw unreadable(file, error);
  }
  // Files of nothing but comments exist.
  if (document === null || document === undefined) return NOTHING;
  if (!isRecord(document)) throw unreadable(file, 'it is not a YAML object');
  const current = stringAt(document, 'current-context');
  return {
    clusters: entriesOf(file, document, 'clusters', 'cluster'),
    users: entriesOf(file, document, 'users', 'user'),
    contexts: entriesOf(file, document, 'contexts', 'context'),
    currentContext: current === '' ? undefined : current,
  };
}

function entriesOf(file: string, document: JsonRecord, list: string, member: string): Map<string, RawEntry> {
  const entries = new Map<string, RawEntry>();
  const items: unknown = document[list] ?? [];
  if (!Array.isArray(items)) throw unreadable(file, `"${list}" is not a list`);
  for (const item of items as readonly unknown[]) {
    const name = stringAt(item, 'name');
    const body = isRecord(item) ? (item[member] ?? {}) : undefined;
    if (name === undefined || !isRecord(body)) {
      throw unreadable(file, `an entry of "${list}" has no name, or its "${member}" is not an object`);
    }
    if (entries.has(name)) throw unreadable(file, `duplicate name "${name}" in "${list}"`);
    entries.set(name, { name, body, directory: path.dirname(path.resolve(file)) });
  }
  return entries;
}

function unreadable(file: string, problem: unknown): KubeConfigError {
  // YAML errors quote the line, which may hold a credential; their first line does not.
  const [first = ''] = messageOf(problem).split('\n');
  return new KubeConfigError(`the kubeconfig cannot be read: ${file}: ${first}`, { cause: problem });
}
