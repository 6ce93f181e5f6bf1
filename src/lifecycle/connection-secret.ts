import { createHash } from 'node:crypto';
import type { GpuPod } from '../api/gpu-pod.ts';
import type { InstanceSnapshot } from './provider.ts';

const MAX_NAME_LENGTH = 253;
const SUFFIX = '-connection';

/** Every key that the operator may write; what else stands in the Secret is somebody else's, and stays. */
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

/** The connection data of a ready pod, with the keys of the service binding convention. Without passwords. */
export interface ConnectionSecret {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** Changes when the content does. */
  readonly fingerprint: string;
}

export function connectionSecret(gpuPod: GpuPod, snapshot: InstanceSnapshot): ConnectionSecret {
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
        }),
    'pod-id': snapshot.podId,
    ...(snapshot.ports.length === 0 ? {} : { ports: JSON.stringify(snapshot.ports) }),
    ...linksOf(snapshot),
  };
  return { name, data, fingerprint: fingerprintOf(name, data) };
}

/** `jupyter-url`, `web-server-url`: the links that the provider gives, by what they are used for. */
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

/** `<name>-connection`; a name that would be too long is cut, and told apart by a hash. */
function connectionSecretName(gpuPod: GpuPod): string {
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
