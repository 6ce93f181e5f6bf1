import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import type { Observation } from '../observation.ts';
import { connectionSecret } from '../connection-secret.ts';
import type { SecretState } from '../local-state.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { SECRET_RETRY_MS } from '../settings.ts';
import { draftStatus } from '../status/draft.ts';
import type { ConditionDraft, ConditionDrafts, Facts } from '../status/draft.ts';
import { hostKeyOf } from '../status/reachable.ts';
import { timestamp } from '../status/timestamp.ts';
import type { EnsureSecret, Step } from '../step.ts';
import { isAbovePriceLine } from './price-check.ts';
import { missingKey } from './ssh-key.ts';

type WantedSecret = Omit<EnsureSecret, 'type'>;

/** Writes the connection Secret first, then the status that points to it. */
export function followReady(observation: Observation, seen: InstanceSnapshot, facts: Facts): Step {
  const { gpuPod, localState, now, timings } = observation;
  const snapshot = withKnownPorts(gpuPod.status, seen);
  const secret = wantedSecret(gpuPod, snapshot, hostKeyOf(observation, snapshot));
  // Checked again at intervals, because the operator does not watch Secrets.
  const isDue =
    localState.secret === undefined || now.monotonicMs - localState.secret.atMs >= timings.staleMs;
  return isDue || localState.secret.fingerprint !== secret.fingerprint
    ? { kind: 'act', effect: { type: 'ensureSecret', ...secret } }
    : reportReady(observation, snapshot, secretFacts(localState.secret, secret), facts);
}

function wantedSecret(gpuPod: GpuPod, snapshot: InstanceSnapshot, hostKey: string | undefined): WantedSecret {
  const { binding, sshKey } = gpuPod.status;
  const secret = connectionSecret(gpuPod, snapshot, hostKey);
  // Before the first Ready the Secret holds the generated key and nothing else.
  const bound = binding?.name ?? sshKey?.secretName;
  const { fingerprint: keyFingerprint } = sshKey?.source === 'Generated' ? sshKey : {};
  return {
    ...secret,
    ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
    ...(bound === undefined || bound === secret.name ? {} : { former: bound }),
  };
}

function withHostKey(observation: Observation, snapshot: InstanceSnapshot): GpuPodStatus['ssh'] {
  const hostKey = hostKeyOf(observation, snapshot);
  return snapshot.ssh === undefined || hostKey === undefined ? snapshot.ssh : { ...snapshot.ssh, hostKey };
}

interface SecretFacts {
  /** The Secret that exists; undefined where there is none. */
  readonly binding: GpuPodStatus['binding'];
  readonly problem?: ConditionDraft<'Synced'>;
}

function reportReady(
  observation: Observation,
  snapshot: InstanceSnapshot,
  { binding, problem }: SecretFacts,
  facts: Facts,
): Step {
  const { gpuPod, now, timings } = observation;
  const synced = problem ?? missingKey(observation);
  const drafts: ConditionDrafts = {
    Ready: ['Available', readyMessage(observation, snapshot)],
    Provisioned: ['PodActive', `Instance ${snapshot.podId} is active.`],
    ...(synced === undefined ? {} : { Synced: synced }),
  };
  return {
    kind: 'rest',
    status: draftStatus(observation, drafts, {
      ...facts,
      readyAt: gpuPod.status.readyAt ?? timestamp(now.wallMs),
      ssh: withHostKey(observation, snapshot),
      ports: snapshot.ports.length === 0 ? undefined : portStatus(snapshot),
      binding,
      sshKey: withSecret(gpuPod.status.sshKey, binding),
      failedAttempts: undefined,
      notCreatedAttempts: undefined,
      refusedAttempts: undefined,
      noCapacityAttempts: undefined,
      hint: undefined,
      rejections: undefined,
    }),
    requeueAfterMs: problem === undefined ? timings.staleMs : SECRET_RETRY_MS,
    ...(problem === undefined ? {} : { remember: { secret: undefined } }),
  };
}

/** The Secret that holds the generated key may have another name by now. */
function withSecret(
  sshKey: GpuPodStatus['sshKey'],
  binding: GpuPodStatus['binding'],
): GpuPodStatus['sshKey'] {
  return sshKey?.secretName === undefined || binding === undefined
    ? sshKey
    : { ...sshKey, secretName: binding.name };
}

const MAX_PORTS = 32;
const MAX_PROTOCOL_LENGTH = 16;
const MAX_USED_BY_LENGTH = 64;

/** A status poll carries no ports. Those in the status stay, or every restart would cost each GpuPod two writes. */
function withKnownPorts({ ports = [] }: GpuPodStatus, snapshot: InstanceSnapshot): InstanceSnapshot {
  return snapshot.ports.length > 0
    ? snapshot
    : {
        ...snapshot,
        // Same sequence of keys as in a snapshot, because the Secret holds them as JSON text.
        ports: ports.map(({ internal, external, protocol, usedBy, host, url }) => ({
          ...(internal === undefined ? {} : { internal }),
          ...(external === undefined ? {} : { external }),
          protocol,
          ...(usedBy === undefined ? {} : { usedBy }),
          ...(host === undefined ? {} : { host }),
          ...(url === undefined ? {} : { url }),
        })),
      };
}

function portStatus({ ports }: InstanceSnapshot): GpuPodStatus['ports'] {
  // The schema limits the number and length; more would make the whole status unwritable.
  return ports.slice(0, MAX_PORTS).map(({ usedBy, protocol, url, ...port }) => ({
    ...port,
    // The query or fragment may hold a token.
    ...(url === undefined ? {} : { url: url.replace(/[?#].*$/, '') }),
    protocol: protocol.slice(0, MAX_PROTOCOL_LENGTH),
    ...(usedBy === undefined ? {} : { usedBy: usedBy.slice(0, MAX_USED_BY_LENGTH) }),
  }));
}

/** The Secret to name in the status, and why it is not as it should be. */
function secretFacts({ outcome, message = '' }: SecretState, { name, former }: WantedSecret): SecretFacts {
  // The former Secret stays bound until the new one is written and the old one removed.
  const binding = former === undefined ? undefined : { name: former };
  switch (outcome) {
    case 'conflict':
      return {
        binding,
        problem: [
          'SecretConflict',
          `Secret ${name} does not belong to this GpuPod, so the operator leaves it alone; status.ssh has the connection data. ` +
            'Remove that Secret, or set spec.connectionSecretName.',
        ],
      };
    case 'refused':
      return {
        binding,
        problem: [
          'SecretRefused',
          `Failed to write Secret ${name}; status.ssh has the connection data. ${message}`,
        ],
      };
    case 'kept':
      return {
        binding,
        problem: [
          'SecretRefused',
          `Failed to remove Secret ${former ?? name}, the former connection Secret; ${name} exists. ${message}`,
        ],
      };
    case 'keyLost':
      return {
        binding: { name },
        problem: [
          'SshKeyLost',
          `Secret ${name} no longer holds the generated private key, and nobody else has it. The instance keeps running and billing. Restore the Secret, or set spec.suspend to true and back for a new instance with a new key.`,
        ],
      };
    default:
      return { binding: { name } };
  }
}

function readyMessage(observation: Observation, snapshot: InstanceSnapshot): string {
  const isAboveCap = isAbovePriceLine(
    observation,
    snapshot.priceUsdPerHour ?? observation.gpuPod.status.cost?.billedPerHour,
  );
  const base = `Instance ${snapshot.podId} is ready: ${snapshot.ssh?.command ?? ''}`;
  return isAboveCap
    ? `${base}. It costs more than the cap allows now; the operator keeps it, because it was ready before. To stop paying, save your work, then suspend or delete the GpuPod.`
    : base;
}
