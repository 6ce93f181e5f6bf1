import type { LastSeen, Observation } from '../observation.ts';
import { readinessOf } from '../readiness.ts';
import type { InstanceState } from '../local-state.ts';
import type { SshEndpoint } from '../provider.ts';
import { currentAttempt } from '../status/attempts.ts';
import { draftStatus, findCondition } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import { latestProbe } from '../status/reachable.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY } from './condition-drafts.ts';
import { terminateTimedOut } from './provision.ts';
import { provisioningTimeOf, timesOutAtMs } from './provisioning-time.ts';

/** How long an instance with `readiness: Active` waits for its first probe, so that one write tells both. */
const FIRST_PROBE_MS = 5_000;
/** An address that changes all the time restarts the probes. It holds up Ready for this long at most. */
const FIRST_PROBES_MS = 60_000;
/** How long after the deadline an instance may wait for a probe that ends. */
const LAST_PROBE_MS = 600_000;
/** A ready instance that fails a probe gets the next one after a tenth of the usual interval. */
const SOONER = 10;
/** So many of these come sooner for one that has never answered. */
const SOON_FAILURES = 10;

/** Waits until the SSH server answers, before Ready is first written. Undefined once nothing is awaited. */
export function awaitReachable(
  observation: Observation,
  instance: InstanceState,
  lastSeen: LastSeen,
  facts: Facts,
): Step | undefined {
  const { gpuPod } = observation;
  const { ssh } = lastSeen.snapshot;
  if (gpuPod.status.readyAt !== undefined || ssh === undefined) {
    return undefined;
  }
  if (gpuPod.spec.readiness === 'Reachable' && isAwaited(observation, instance)) {
    const latest = latestProbe(observation, ssh);
    return latest?.answer.kind === 'answered'
      ? undefined
      : (timedOut(observation, instance, lastSeen) ??
          awaitFirstProbe(observation, ssh) ??
          unreachable(observation, instance, facts));
  }
  return awaitFirstProbe(observation, ssh);
}

/**
 * An instance that this operator did not see start, as after a restore, may be in use: it is not terminated because of
 * a network that does not let the operator through. Nor is one that nobody probes.
 */
function isAwaited(observation: Observation, instance: InstanceState): boolean {
  const { probe } = observation;
  const ageWhenSeenMs = instance.sinceMs - (instance.created?.atMs ?? instance.sinceMs);
  return probe !== undefined && ageWhenSeenMs < provisioningTimeOf(observation).timeoutMs;
}

function awaitFirstProbe(observation: Observation, ssh: SshEndpoint): Rest | undefined {
  const { gpuPod, now, probe, localState } = observation;
  const activeSinceMs = localState.instance?.activeSeenAtMs ?? now.monotonicMs;
  if (probe === undefined || now.monotonicMs - activeSinceMs >= FIRST_PROBES_MS) {
    return undefined;
  }
  const isSame = probe.host === ssh.host && probe.port === ssh.port;
  const sinceMs = isSame ? (probe.sinceMs ?? now.monotonicMs) : now.monotonicMs;
  const leftMs = sinceMs + FIRST_PROBE_MS - now.monotonicMs;
  return latestProbe(observation, ssh) !== undefined || leftMs <= 0
    ? undefined
    : { kind: 'rest', status: gpuPod.status, pollOften: true, requeueAfterMs: leftMs };
}

/** Only a probe that began after the deadline proves that the server does not answer, unless none ends in time. */
function timedOut(observation: Observation, instance: InstanceState, lastSeen: LastSeen): Step | undefined {
  const { probe, now } = observation;
  const deadlineMs = timesOutAtMs(observation, instance);
  const isProven = (probe?.latest?.beganAtMs ?? -Infinity) > deadlineMs;
  return isProven || now.monotonicMs > deadlineMs + LAST_PROBE_MS
    ? terminateTimedOut(observation, instance, lastSeen)
    : undefined;
}

function unreachable(observation: Observation, { podId }: InstanceState, facts: Facts): Rest {
  return {
    kind: 'rest',
    status: draftStatus(
      observation,
      {
        Ready: [
          'Unreachable',
          `Instance ${podId} is active and bills, but its SSH server does not answer the operator yet. After provisioningTimeout the operator terminates it.`,
        ],
        Provisioned: ['PodActive', `Instance ${podId} is active.`],
        progress: { type: 'Reconciling', draft: ON_ITS_WAY },
      },
      facts,
    ),
    pollOften: true,
  };
}

/** Asks for the next probe of the SSH server, whatever rule decided to rest. */
export function withProbe(observation: Observation, step: Step): Step {
  const { gpuPod, localState } = observation;
  const { instance } = localState;
  const ssh = endpointInUse(observation);
  if (step.kind === 'act' || step.isUnwatched === true || instance === undefined || ssh === undefined) {
    return step;
  }
  const { hostKey } = gpuPod.status.ssh ?? {};
  const notBeforeMs = nextProbeMs(observation, instance, ssh);
  return { ...step, wantsProbe: { host: ssh.host, port: ssh.port, hostKey, notBeforeMs } };
}

/** The SSH endpoint of an instance that is usable, and that nobody terminates. */
function endpointInUse({ gpuPod, lastSeen, localState, probe }: Observation): SshEndpoint | undefined {
  const isEnding =
    localState.instance?.deletedAtMs !== undefined || currentAttempt(gpuPod.status)?.ending !== undefined;
  return probe === undefined ||
    lastSeen === undefined ||
    isEnding ||
    readinessOf(lastSeen.snapshot) !== 'usable'
    ? undefined
    : lastSeen.snapshot.ssh;
}

/** Monotonic time of the next probe. */
function nextProbeMs(observation: Observation, instance: InstanceState, ssh: SshEndpoint): number {
  const { gpuPod, timings, now } = observation;
  const latest = latestProbe(observation, ssh);
  const isReady = gpuPod.status.readyAt !== undefined;
  if (latest === undefined) {
    // After a restart the ready instances take their turns.
    const isKnown = findCondition(gpuPod.status, 'Reachable')?.status === 'True';
    return isReady && isKnown
      ? instance.sinceMs + shareOf(gpuPod.metadata.uid) * timings.probeMs
      : now.monotonicMs;
  }
  if (latest.answer.kind === 'answered') {
    return latest.beganAtMs + timings.probeMs;
  }
  // Instances that never have an SSH server must not go on taking the turns of those that start.
  const hasAnswered = gpuPod.status.ssh?.hostKey !== undefined;
  const isLasting = latest.failures > (hasAnswered ? 1 : SOON_FAILURES);
  const everyMs = !isReady ? timings.probeRetryMs : isLasting ? timings.probeMs : timings.probeMs / SOONER;
  return latest.beganAtMs + everyMs;
}

/** A number from 0 to 1 that is always the same for a UID. */
function shareOf(uid: string): number {
  const digits = uid.replaceAll('-', '').slice(-6);
  const value = Number.parseInt(digits, 16);
  return Number.isNaN(value) ? 0 : value / 0x100_0000;
}
