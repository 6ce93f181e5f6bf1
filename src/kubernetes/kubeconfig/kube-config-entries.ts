import path from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import { isRecord, stringAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { KubeConfigError } from './kube-config-error.ts';
import type { RawEntry } from './kube-config-files.ts';

/** client-node's cluster, and what it does not read. */
export interface ClusterEntry extends Cluster {
  /** What the cluster says to credential plug-ins. */
  readonly execConfig?: unknown;
}

/** client-node's user, and what it does not read. */
export interface UserEntry extends User {
  readonly tokenFile?: string;
  readonly impersonateUid?: string;
  readonly impersonateGroups?: readonly string[];
  readonly impersonateExtra?: Readonly<Record<string, readonly string[]>>;
}

/** The extension of a cluster that is meant for credential plug-ins. */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/** @throws {KubeConfigError} if a member has another type than kubectl expects */
export function clusterEntry({ name, body, directory }: RawEntry): ClusterEntry {
  const read = new Members(`cluster "${name}"`, body, directory);
  return withoutUndefined<ClusterEntry>({
    name,
    server: (read.text('server') ?? '').replace(/\/+$/, ''),
    caData: read.text('certificate-authority-data'),
    caFile: read.file('certificate-authority'),
    skipTLSVerify: read.flag('insecure-skip-tls-verify'),
    tlsServerName: read.text('tls-server-name'),
    proxyUrl: read.text('proxy-url'),
    execConfig: execConfigOf(body['extensions']),
  });
}

/** @throws {KubeConfigError} if a member has another type than kubectl expects */
export function userEntry({ name, body, directory }: RawEntry): UserEntry {
  const read = new Members(`user "${name}"`, body, directory);
  return withoutUndefined<UserEntry>({
    name,
    certData: read.text('client-certificate-data'),
    certFile: read.file('client-certificate'),
    keyData: read.text('client-key-data'),
    keyFile: read.file('client-key'),
    token: read.text('token'),
    tokenFile: read.file('tokenFile'),
    username: read.text('username'),
    password: read.text('password'),
    authProvider: read.record('auth-provider'),
    exec: execOf(read.record('exec'), directory),
    impersonateUser: read.text('as'),
    impersonateUid: read.text('as-uid'),
    impersonateGroups: read.texts('as-groups'),
    impersonateExtra: read.textLists('as-user-extra'),
  });
}

/** A command with a slash is relative to the kubeconfig. Any other is found in PATH. */
function execOf(exec: JsonRecord | undefined, directory: string): JsonRecord | undefined {
  const command = stringAt(exec, 'command');
  return command?.includes(path.sep) === true ? { ...exec, command: path.resolve(directory, command) } : exec;
}

function execConfigOf(extensions: unknown): unknown {
  const list: readonly unknown[] = Array.isArray(extensions) ? extensions : [];
  const found = list.find((item) => stringAt(item, 'name') === EXEC_EXTENSION);
  return isRecord(found) ? found['extension'] : undefined;
}

/** Reads members of one entry. A wrong type is an error: an ignored credential would mean other rights. */
class Members {
  readonly #owner: string;
  readonly #body: JsonRecord;
  readonly #directory: string;

  constructor(owner: string, body: JsonRecord, directory: string) {
    this.#owner = owner;
    this.#body = body;
    this.#directory = directory;
  }

  text(key: string): string | undefined {
    const value = this.#member(key);
    if (value === undefined || typeof value === 'string') return value === '' ? undefined : value;
    throw this.#wrong(key, 'a string');
  }

  file(key: string): string | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : path.resolve(this.#directory, text);
  }

  flag(key: string): boolean {
    const value = this.#member(key) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(key, 'true or false');
  }

  record(key: string): JsonRecord | undefined {
    const value = this.#member(key);
    if (value === undefined || isRecord(value)) return value;
    throw this.#wrong(key, 'an object');
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.#member(key);
    return value === undefined ? undefined : this.#listOf(key, value);
  }

  textLists(key: string): Readonly<Record<string, readonly string[]>> | undefined {
    const record = this.record(key);
    return record === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(record).map(([name, value]) => [name, this.#listOf(`${key}.${name}`, value ?? [])]),
        );
  }

  #listOf(key: string, value: unknown): readonly string[] {
    if (!Array.isArray(value)) throw this.#wrong(key, 'a list of strings');
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw this.#wrong(key, 'a list of strings');
      return item;
    });
  }

  #member(key: string): unknown {
    return this.#body[key] ?? undefined;
  }

  #wrong(key: string, expected: string): KubeConfigError {
    return new KubeConfigError(`${this.#owner} of the kubeconfig: ${key} must be ${expected}`);
  }
}

function withoutUndefined<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  // The types of client-node distinguish absent members from undefined ones.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
