import type { ReadyInstance } from './await-ready.ts';
import type { KeyFiles } from './key-files.ts';

/** What a person adds to a connection. */
export interface SshOptions {
  /** Private key files. */
  readonly identity?: readonly string[];
  /** `ServerAliveInterval=30`, as in ssh_config. */
  readonly sshOption?: readonly string[];
  /** `8888:localhost:8888`. */
  readonly forward?: readonly string[];
}

/** The arguments of `ssh`. A word that begins with a dash after `--` is part of the command. */
export function sshArguments(
  instance: ReadyInstance,
  files: KeyFiles,
  options: SshOptions,
  command: readonly string[],
): readonly string[] {
  const { host, port, user } = instance.endpoint;
  return [
    ...['-p', String(port), '-l', user],
    ...connectionArguments(instance, files, options),
    ...(options.forward ?? []).flatMap((forward) => ['-L', forward]),
    ...['--', host, ...command],
  ];
}

/** One side of a copy. */
export type CopySide =
  { readonly kind: 'local'; readonly path: string } | { readonly kind: 'remote'; readonly path: string };

/** The arguments of `scp`. It copies directories with everything in them. */
export function scpArguments(
  instance: ReadyInstance,
  files: KeyFiles,
  options: SshOptions,
  [from, to]: readonly [CopySide, CopySide],
): readonly string[] {
  return [
    ...['-r', '-P', String(instance.endpoint.port)],
    ...connectionArguments(instance, files, options),
    ...['--', sideText(instance, from), sideText(instance, to)],
  ];
}

/** The options of the person come first, because ssh uses the first value of each. */
function connectionArguments(
  instance: ReadyInstance,
  files: KeyFiles,
  { identity = [], sshOption = [] }: SshOptions,
): readonly string[] {
  const keys = files.privateKey === undefined ? identity : [...identity, files.privateKey];
  return [
    ...sshOption.flatMap((option) => ['-o', option]),
    ...keys.flatMap((file) => ['-i', file]),
    ...(keys.length === 0 ? [] : ['-o', 'IdentitiesOnly=yes']),
    ...hostKeyArguments(instance, files),
  ];
}

/**
 * Known host keys are the only ones accepted. Without any, the first one is trusted and then pinned, under the ID of
 * the instance: providers give the same address to one instance after another.
 */
function hostKeyArguments({ podId }: ReadyInstance, { knownHosts }: KeyFiles): readonly string[] {
  return knownHosts === undefined
    ? [
        '-o',
        `HostKeyAlias=gpupod-${podId.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`,
        '-o',
        'StrictHostKeyChecking=accept-new',
      ]
    : ['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes'];
}

function sideText({ endpoint: { host, user } }: ReadyInstance, side: CopySide): string {
  if (side.kind === 'local') {
    // For scp, a colon before any slash would make it remote.
    return /^[^/]*:/.test(side.path) ? `./${side.path}` : side.path;
  }
  const address = host.includes(':') ? `[${host}]` : host;
  return `${user}@${address}:${side.path}`;
}
