import type { GpuPodStatus } from '../../api/status.ts';
import type { Knowledge } from '../knowledge.ts';
import { connectionSecret } from '../connection-secret.ts';
import type { SecretMemory } from '../memory.ts';
import type { PodLook } from '../provider.ts';
import { draftStatus } from '../status/draft.ts';
import type { Claim, Claims, Facts } from '../status/draft.ts';
import { timestamp } from '../status/timestamp.ts';
import type { Step } from '../step.ts';
import { isAbovePriceLine } from './price-check.ts';

/** A usable pod: the connection Secret first, then the status that points to it. */
export function followReady(knowledge: Knowledge, sighted: PodLook, facts: Facts): Step {
  const { gpuPod, memory, now, windows } = knowledge;
  const look = withKnownPorts(gpuPod.status, sighted);
  const secret = connectionSecret(gpuPod, look);
  // Looked at again now and then: nobody tells us when somebody deletes it.
  const isDue = memory.secret === undefined || now.monotonicMs - memory.secret.atMs >= windows.staleMs;
  if (isDue || memory.secret.fingerprint !== secret.fingerprint) {
    return { kind: 'act', effect: { type: 'ensureSecret', ...secret } };
  }
  const problem = secretProblem(memory.secret, secret.name);
  const claims: Claims = {
    Ready: ['Available', readyMessage(knowledge, look)],
    Provisioned: ['PodActive', `Pod ${look.podId} is active.`],
    ...(problem === undefined ? {} : { Synced: problem }),
  };
  return {
    kind: 'rest',
    status: draftStatus(knowledge, claims, {
      ...facts,
      readyAt: gpuPod.status.readyAt ?? timestamp(now.wallMs),
      ssh: look.ssh,
      ports: look.ports.length === 0 ? undefined : portStatus(look),
      binding: problem === undefined ? { name: secret.name } : undefined,
      failedAttempts: undefined,
      hint: undefined,
      rejections: undefined,
    }),
    againInMs: problem === undefined ? windows.staleMs : SECRET_RETRY_MS,
    ...(problem === undefined ? {} : { remember: { secret: undefined } }),
  };
}

const MAX_PORTS = 32;
const MAX_PROTOCOL_LENGTH = 16;
const MAX_USED_BY_LENGTH = 64;

/** A status poll carries no ports: those that are written down stand, or every restart would write each object twice. */
function withKnownPorts({ ports = [] }: GpuPodStatus, look: PodLook): PodLook {
  return look.ports.length > 0
    ? look
    : {
        ...look,
        // In the order of a look: the Secret holds them as text.
        ports: ports.map(({ internal, external, protocol, usedBy }) => ({
          internal,
          external,
          protocol,
          ...(usedBy === undefined ? {} : { usedBy }),
        })),
      };
}

function portStatus({ ports }: PodLook): GpuPodStatus['ports'] {
  // The schema takes so many, and words so long: more would make the whole status unwritable.
  return ports.slice(0, MAX_PORTS).map(({ usedBy, protocol, ...port }) => ({
    ...port,
    protocol: protocol.slice(0, MAX_PROTOCOL_LENGTH),
    ...(usedBy === undefined ? {} : { usedBy: usedBy.slice(0, MAX_USED_BY_LENGTH) }),
  }));
}

/** What is in the way of the Secret may be removed at any time. */
const SECRET_RETRY_MS = 60_000;

/** Why there is no connection Secret. */
function secretProblem({ outcome, message = '' }: SecretMemory, name: string): Claim<'Synced'> | undefined {
  switch (outcome) {
    case 'conflict':
      return [
        'SecretConflict',
        `Secret ${name} belongs to somebody else and is left alone; the connection data stands in status.ssh. ` +
          'Remove that Secret or set spec.connectionSecretName.',
      ];
    case 'refused':
      return [
        'SecretRefused',
        `Secret ${name} cannot be written; the connection data stands in status.ssh. ${message}`,
      ];
    default:
      return undefined;
  }
}

function readyMessage(knowledge: Knowledge, look: PodLook): string {
  const isDear = isAbovePriceLine(
    knowledge,
    look.priceUsdPerHour ?? knowledge.gpuPod.status.cost?.billedPerHour,
  );
  const base = `Pod ${look.podId} is ready: ${look.ssh?.command ?? ''}`;
  return isDear
    ? `${base}. It costs more than the cap allows now; it is kept, because it was ready before.`
    : base;
}
