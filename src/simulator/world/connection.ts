import type { Pod } from './pod.ts';
import type { PodState } from './pod-state.ts';
import type { SshShape } from './pod-rule.ts';

/** How to reach an instance, in the API's own fields. */
interface PodConnection {
  ip: string | (string | null)[] | null;
  sshConnection: string | (string | null)[] | null;
  primePortMapping: {
    internal: string;
    external: string;
    protocol: string;
    usedBy: string;
    description: null;
  }[];
}

/** The external port of the instance's SSH server. UserHost names no port, which means 22. */
function sshPort(pod: Pod): string {
  if (pod.sshPort !== null) {
    return String(pod.sshPort);
  }
  return pod.sshShape === 'UserHost' ? '22' : String(22000 + (pod.number % 1000));
}

const SSH_TEXTS: Record<SshShape, (host: string, port: string) => PodConnection['sshConnection']> = {
  UserHostPort: (host, port) => `root@${host} -p ${port}`,
  UserHost: (host) => `ubuntu@${host}`,
  UserHostColonPort: (host, port) => `ubuntu@${host}:${port}`,
  SshCommand: (host, port) => `ssh ubuntu@${host} -p ${port}`,
  List: (host, port) => [`root@${host} -p ${port}`],
  ListOfNull: () => [null],
  Null: () => null,
  HostMissing: () => 'ubuntu@ -p 22',
};

function multiNode(pod: Pod, port: string): PodConnection['sshConnection'] {
  return [`root@${pod.host} -p ${port}`, `root@${pod.host} -p ${String(Number(port) + 1000)}`];
}

/** The connection fields of an instance in this state. */
export function connectionOf(pod: Pod, state: PodState): PodConnection {
  if (state.sshShape === null) {
    return { ip: null, sshConnection: null, primePortMapping: [] };
  }
  const port = sshPort(pod);
  const isNullList = state.sshShape === 'ListOfNull';
  const isMultiNode = pod.offer.interconnect !== null && state.sshShape === 'UserHostPort';
  return {
    ip: isNullList ? [null] : pod.host,
    sshConnection: isMultiNode ? multiNode(pod, port) : SSH_TEXTS[state.sshShape](pod.host, port),
    primePortMapping: isNullList
      ? []
      : [{ internal: '22', external: port, protocol: 'TCP', usedBy: 'SSH', description: null }],
  };
}
