import { createHash } from 'node:crypto';
import type { GpuPod } from '../api/gpu-pod.ts';
import { accountVerdict, sessionBeganAtMs } from '../lifecycle/account.ts';
import { readIntent } from '../lifecycle/intent.ts';
import type { Knowledge, OffersKnowledge } from '../lifecycle/knowledge.ts';
import type { Memory } from '../lifecycle/memory.ts';
import { observe } from '../lifecycle/observe.ts';
import { frontsOf, walletsOf } from '../lifecycle/order.ts';
import type { CreateOrder } from './object-holds.ts';
import type { CoolDownOwner } from './cool-downs.ts';
import type { Context } from './context.ts';
import { idProofsFor } from './id-proofs.ts';

/** What is read of the context. */
export type Sources = Pick<
  Context,
  | 'clock'
  | 'installation'
  | 'identity'
  | 'policy'
  | 'windows'
  | 'podWatch'
  | 'census'
  | 'claims'
  | 'gates'
  | 'coolDowns'
  | 'commitments'
  | 'vanished'
  | 'view'
  | 'proofKey'
> & {
  readonly account: Pick<Context['account'], 'state'>;
  readonly health: Pick<Context['health'], 'failure'>;
  readonly fidelity: Pick<Context['fidelity'], 'dropped'>;
};

/** Reads all that a decision about one GpuPod may rest on, and takes it in. */
export async function gather(
  context: Sources,
  gpuPod: GpuPod,
  memory: Memory,
  offers: OffersKnowledge | undefined,
): Promise<Knowledge> {
  const { clock, installation, identity, policy, podWatch, census, health } = context;
  const intent = readIntent(gpuPod);
  const mayClaim = await context.claims.mayClaim(gpuPod, intent, installation);
  const { podId } = gpuPod.status;
  const sight = podId === undefined ? undefined : podWatch.sight(podId);
  const fronts = frontsOf({ gpuPod, installation, intent, mayClaim });
  const list = census.view({ fronts, podId, wallets: walletsOf({ gpuPod, intent, policy, memory }) });
  const owner = coolDownOwner(gpuPod);
  const { failure } = health;
  const podFailure = podId === undefined ? undefined : podWatch.failure(podId);
  const knowledge: Knowledge = {
    gpuPod,
    now: { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() },
    windows: context.windows,
    policy,
    installation,
    identity,
    account: context.account.state,
    intent,
    mayClaim,
    memory,
    ...(sight === undefined ? {} : { sight }),
    ...(list === undefined ? {} : { census: list }),
    ...(offers === undefined ? {} : { offers }),
    gate: context.gates.look(createOrder(context, gpuPod)),
    proofs: idProofsFor(context, gpuPod),
    massAbsence: context.vanished.isHolding(),
    ...(failure === undefined ? {} : { providerFailure: failure }),
    ...(podFailure === undefined ? {} : { podFailure }),
    coolingDown: (offerKey) => context.coolDowns.find(offerKey, owner),
    ...committedBy(context, gpuPod),
    droppedFields: context.fidelity.dropped,
  };
  const speaking = withoutForeignAnswers(knowledge);
  return { ...speaking, memory: observe(speaking) };
}

/** What another account's key was told says nothing about this object: it is not even counted. */
function withoutForeignAnswers(knowledge: Knowledge): Knowledge {
  const { census, sight, ...rest } = knowledge;
  const isForeign = accountVerdict(knowledge).kind === 'foreign';
  const isOfSession = census !== undefined && census.beganAtMs >= sessionBeganAtMs(knowledge.account);
  return {
    ...rest,
    ...(sight === undefined || isForeign ? {} : { sight }),
    ...(isOfSession && !isForeign ? { census } : {}),
  };
}

/** Counted only where there is a limit; nothing is said before the first complete list. */
function committedBy(
  { policy, commitments }: Sources,
  { metadata }: GpuPod,
): Pick<Knowledge, 'committedElsewhere'> {
  const micros = policy.maxTotalPricePerHour === undefined ? 0 : commitments.elsewhere(metadata.uid);
  return micros === undefined ? {} : { committedElsewhere: micros };
}

/** Breakers are per team; there is one key. */
export function createOrder({ policy }: Pick<Context, 'policy'>, { metadata, spec }: GpuPod): CreateOrder {
  const { namespace, name, uid, generation } = metadata;
  const gateKey = spec.teamId ?? policy.defaultTeamId ?? '';
  return { gateKey, key: `${namespace}/${name}`, namespace, uid, generation };
}

/** Requests are alike within a namespace: elsewhere the Secrets of the same names hold other values. */
export function coolDownOwner({ metadata, spec }: GpuPod): CoolDownOwner {
  const { image, customTemplateId, resources, env, disks, sshKeyId, teamId, jupyterPasswordSecretRef } = spec;
  const request = JSON.stringify([
    metadata.namespace,
    ...[image, customTemplateId, resources, env, disks, sshKeyId, teamId, jupyterPasswordSecretRef],
  ]);
  return { uid: metadata.uid, requestHash: createHash('sha256').update(request).digest('hex') };
}
