import type { TypedDraft } from '../../api/gpupod/conditions.ts';
import { REASONS } from '../../api/gpupod/conditions.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { Observation, ProbeView } from '../observation.ts';
import type { InstanceSnapshot, SshEndpoint } from '../provider.ts';
import { currentAttempt } from './attempts.ts';

export type ReachableDraft = Extract<TypedDraft, { readonly type: 'Reachable' }>;

/** A server that has answered may fail this many probes before the condition says so. A lost packet is no news. */
const TOLERATED_FAILURES = 1;

/** The latest probe of this address; undefined before there is one. */
export function latestProbe(
  { probe }: Observation,
  { host, port }: Pick<SshEndpoint, 'host' | 'port'>,
): ProbeView['latest'] {
  return probe?.host === host && probe.port === port ? probe.latest : undefined;
}

/** The host key of the instance: the first one that was ever seen. It stays, whatever answers later. */
export function hostKeyOf(observation: Observation, { ssh }: InstanceSnapshot): string | undefined {
  const { hostKey } = observation.gpuPod.status.ssh ?? {};
  const latest = ssh === undefined ? undefined : latestProbe(observation, ssh);
  return hostKey ?? (latest?.answer.kind === 'answered' ? latest.answer.hostKey : undefined);
}

/**
 * The condition Reachable of the instance that the next status names. Without a new answer it stays as it is, so that
 * a restart of the operator causes no write.
 */
export function reachableDraft(observation: Observation, next: GpuPodStatus): ReachableDraft | undefined {
  const isEnding = currentAttempt(next)?.ending !== undefined;
  if (observation.probe === undefined || next.podId === undefined || isEnding) {
    return undefined;
  }
  const current = currentReachable(observation.gpuPod.status);
  const draft = probedDraft(observation, observation.lastSeen?.snapshot);
  return draft === undefined || isTolerated(observation, current) ? current : draft;
}

/** What the latest probe says about the instance. */
function probedDraft(
  observation: Observation,
  snapshot: InstanceSnapshot | undefined,
): ReachableDraft | undefined {
  const ssh = snapshot?.ssh;
  const latest = ssh === undefined ? undefined : latestProbe(observation, ssh);
  return snapshot === undefined || ssh === undefined || latest === undefined
    ? undefined
    : draftOf(ssh, latest.answer, hostKeyOf(observation, snapshot));
}

function isTolerated({ probe }: Observation, current: ReachableDraft | undefined): boolean {
  const { failures = 0 } = probe?.latest ?? {};
  return current?.reason === 'Answers' && failures > 0 && failures <= TOLERATED_FAILURES;
}

function draftOf(
  { host, port }: SshEndpoint,
  answer: NonNullable<ProbeView['latest']>['answer'],
  pinned: string | undefined,
): ReachableDraft {
  const address = host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
  if (answer.kind === 'failed') {
    return answer.reason === 'NotAllowed'
      ? {
          type: 'Reachable',
          reason: 'AddressNotAllowed',
          message: `The operator does not connect to ${address}, because that address is not public. --ssh-probe-allowed-cidrs can allow it.`,
        }
      : {
          type: 'Reachable',
          reason: 'NoAnswer',
          message: `No SSH server answers the operator at ${address}. The instance bills, and the operator keeps trying. If this lasts, look at the provider's web page, or suspend or delete the GpuPod.`,
        };
  }
  return answer.hostKey === pinned
    ? { type: 'Reachable', reason: 'Answers', message: `The SSH server at ${address} answers.` }
    : {
        type: 'Reachable',
        reason: 'HostKeyChanged',
        message: `The SSH server at ${address} has another host key than before. Do not trust it before you know why. known_hosts in the connection Secret keeps the first key, so clients refuse this one.`,
      };
}

function currentReachable(status: GpuPodStatus): ReachableDraft | undefined {
  const current = (status.conditions ?? []).find(({ type }) => type === 'Reachable');
  return current !== undefined && isReachableReason(current.reason)
    ? { type: 'Reachable', reason: current.reason, message: current.message }
    : undefined;
}

function isReachableReason(reason: string): reason is ReachableDraft['reason'] {
  return Object.hasOwn(REASONS.Reachable, reason);
}
