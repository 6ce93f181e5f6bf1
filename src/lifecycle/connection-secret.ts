import { createHash } from 'node:crypto';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import type { InstanceSnapshot, SshEndpoint } from './provider.ts';

const MAX_NAME_LENGTH = 253;
const SUFFIX = '-connection';
const SSH_PORT = 22;

/**
 * Every key that the operator writes, and removes where it has nothing to say. It leaves all other keys of the Secret as
 * they are. `known_hosts` is not among them: without a host key of its own, the operator keeps what people put there.
 */
export const CONNECTION_KEYS: ReadonlySet<string> = new Set([
  'type',
  'provider',
  'host',
  'port',
  'username',
  'uri',
  'ssh-command',
  'pod-id',
  'ports',
  'jupyter-password',
  'jupyter-url',
]);

/** How to reach a ready instance, with the keys of the Service Binding convention. It holds no passwords. */
export interface ConnectionSecret {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** SHA-256 of name and content, in hexadecimal: shows whether the Secret needs another write. */
  readonly fingerprint: string;
}

/** @param hostKey the host key of the SSH server, if it is known: type and base64 */
export function connectionSecret(
  gpuPod: GpuPod,
  snapshot: InstanceSnapshot,
  hostKey?: string,
): ConnectionSecret {
  const name = connectionSecretName(gpuPod);
  const { ssh } = snapshot;
  const data = {
    type: 'gpupod',
    provider: gpuPod.status.offer?.provider ?? 'prime-intellect',
    ...(ssh === undefined
      ? {}
      : {
          host: ssh.host,
          port: String(ssh.port),
          username: ssh.user,
          uri: `ssh://${ssh.user}@${uriHost(ssh.host)}:${String(ssh.port)}`,
          'ssh-command': ssh.command,
          ...(hostKey === undefined ? {} : { known_hosts: knownHostsLine(ssh, hostKey) }),
        }),
    'pod-id': snapshot.podId,
    ...(snapshot.ports.length === 0 ? {} : { ports: JSON.stringify(snapshot.ports) }),
    ...linksOf(snapshot),
  };
  return { name, data, fingerprint: fingerprintOf(name, data) };
}

/** As OpenSSH looks a host up: in lower case, and with brackets if the port is not 22. */
function knownHostsLine({ host, port }: SshEndpoint, hostKey: string): string {
  const name = host.toLowerCase();
  return `${port === SSH_PORT ? name : `[${name}]:${String(port)}`} ${hostKey}\n`;
}

/** One key for each kind of link that the provider gives, such as `jupyter-url` or `web-server-url`. */
function linksOf({ ports }: InstanceSnapshot): Record<string, string> {
  const links = new Map<string, string>();
  for (const { url, usedBy = 'other' } of ports) {
    const key = `${linkName(usedBy)}-url`;
    if (url !== undefined && !links.has(key)) {
      links.set(key, url);
    }
  }
  return Object.fromEntries(links);
}

function linkName(usedBy: string): string {
  const name = usedBy
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 64);
  return name.startsWith('jupyter') ? 'jupyter' : name === '' ? 'other' : name;
}

/** `<name>-connection`. A longer name is cut, and a hash of the whole name keeps it unique. */
export function connectionSecretName(gpuPod: GpuPod): string {
  const { connectionSecretName: requested } = gpuPod.spec;
  const whole = `${gpuPod.metadata.name}${SUFFIX}`;
  if (requested !== undefined || whole.length <= MAX_NAME_LENGTH) {
    return requested ?? whole;
  }
  const hash = createHash('sha256').update(gpuPod.metadata.name).digest('hex').slice(0, 8);
  const kept = gpuPod.metadata.name.slice(0, MAX_NAME_LENGTH - SUFFIX.length - hash.length - 1);
  return `${kept.replace(/[.-]+$/, '')}-${hash}${SUFFIX}`;
}

function uriHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function fingerprintOf(name: string, data: Readonly<Record<string, string>>): string {
  return createHash('sha256')
    .update(JSON.stringify([name, data]))
    .digest('hex');
}
