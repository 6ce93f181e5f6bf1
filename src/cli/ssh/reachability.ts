import { isDeleting, isPaused } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { SshEndpoint } from '../../lifecycle/provider.ts';
import { findCondition } from '../../lifecycle/status/draft.ts';
import { parseSshConnection } from '../../prime/ssh-connection.ts';

/** Whether one can log in to the instance of a GpuPod, and if not, why. */
export type Reachability =
  | {
      readonly kind: 'ready';
      readonly podId: string;
      readonly endpoint: SshEndpoint;
      /** The connection Secret, where the operator wrote one. */
      readonly secretName: string | undefined;
    }
  | {
      readonly kind: 'notReady';
      /** Waiting alone does not help. */
      readonly isHopeless: boolean;
      /** The reason and message of the condition that says why. */
      readonly why: string;
    };

/**
 * An instance that the provider has not reported on for a while (Ready is Unknown) may well be reachable, so its last
 * address counts.
 */
export function reachabilityOf(gpuPod: GpuPod): Reachability {
  const { podId, ssh, binding } = gpuPod.status;
  const ready = findCondition(gpuPod.status, 'Ready')?.status ?? 'False';
  if (ready === 'False' || podId === undefined || ssh === undefined) {
    return notReady(gpuPod);
  }
  const endpoint = safeEndpoint(ssh);
  return endpoint === undefined
    ? { kind: 'notReady', isHopeless: true, why: 'status.ssh does not hold a valid address.' }
    : { kind: 'ready', podId, endpoint, secretName: binding?.name };
}

function notReady(gpuPod: GpuPod): Reachability {
  const ready = findCondition(gpuPod.status, 'Ready');
  const hopeless = hopelessBecause(gpuPod);
  const seen = ready === undefined ? 'no operator has acted on it yet' : `${ready.reason}: ${ready.message}`;
  return { kind: 'notReady', isHopeless: hopeless !== undefined, why: hopeless ?? seen };
}

/** The address goes into arguments of a program, so it is checked as one that the provider sent. */
function safeEndpoint({ user, host, port }: NonNullable<GpuPod['status']['ssh']>): SshEndpoint | undefined {
  const address = host.includes(':') ? `[${host}]` : host;
  return parseSshConnection({ sshConnection: `${user}@${address}:${port}`, ip: undefined, ports: [] });
}

function hopelessBecause(gpuPod: GpuPod): string | undefined {
  const { spec, status, metadata } = gpuPod;
  const stalled = findCondition(status, 'Stalled');
  if (isDeleting(gpuPod)) {
    return 'it is being deleted.';
  }
  if (isPaused(gpuPod)) {
    return 'it is paused, so the operator does nothing with it.';
  }
  if (spec.suspend) {
    return 'spec.suspend is true, so the operator rents nothing.';
  }
  const isStalled = stalled?.status === 'True' && stalled.observedGeneration === metadata.generation;
  return isStalled ? `${stalled.reason}: ${stalled.message}` : undefined;
}
