import { createHash } from 'node:crypto';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { accountVerdict, sessionBeganAtMs } from '../../lifecycle/account.ts';
import { readIntent } from '../../lifecycle/intent.ts';
import type { LastSeen, Observation, ObservedOffers, OthersCount } from '../../lifecycle/observation.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';
import { observe } from '../../lifecycle/observe.ts';
import { namePrefixesOf, walletsOf } from '../../lifecycle/open-intent.ts';
import type { Requester } from '../../accounts/holds/object-holds.ts';
import type { AccountSession } from '../../accounts/session.ts';
import type { CooldownOwner } from '../../accounts/holds/cooldowns.ts';
import { payingTeam } from '../../lifecycle/settings.ts';
import type { Context } from './context.ts';
import { countOthers } from './accounts/account-sums.ts';
import { formerAccountsOf } from './accounts/former-accounts.ts';
import { idProofsFor } from './installation/id-proofs.ts';

/** The parts of the context that the observation comes from. */
export type Sources = Pick<
  Context,
  | 'clock'
  | 'installation'
  | 'identity'
  | 'policy'
  | 'timings'
  | 'adoptions'
  | 'view'
  | 'proofKey'
  | 'reference'
  | 'payerProblem'
  | 'isAccountUnproven'
  | 'isIntentUnproven'
  | 'probes'
  | 'former'
> & {
  readonly fidelity: Pick<Context['fidelity'], 'problem'>;
  readonly session: Pick<
    AccountSession,
    'name' | 'poller' | 'inventory' | 'circuitBreakers' | 'cooldowns' | 'reservations' | 'vanished'
  > & {
    readonly account: Pick<AccountSession['account'], 'state'>;
    readonly health: Pick<AccountSession['health'], 'failure'>;
  };
};

/** Gathers the observation that a decision about one GpuPod rests on, and updates the local state with it. */
export async function gather(
  context: Sources,
  gpuPod: GpuPod,
  localState: LocalState,
  offers: ObservedOffers | undefined,
): Promise<Observation> {
  const { clock, installation, identity, policy, session } = context;
  const { poller, inventory, health } = session;
  const intent = readIntent(gpuPod);
  const mayAdopt = await context.adoptions.mayAdopt(gpuPod, intent, installation);
  const { podId } = gpuPod.status;
  const lastSeen = podId === undefined ? undefined : poller.lastSeen(podId);
  const namePrefixes = namePrefixesOf({ gpuPod, installation, intent, mayAdopt });
  const list = inventory.view({
    namePrefixes,
    podId,
    wallets: walletsOf({ gpuPod, intent, policy, localState, ...actingFacts(context) }),
  });
  const owner = cooldownOwner(gpuPod);
  const { failure } = health;
  const { problem: crdProblem } = context.fidelity;
  const instanceFailure = podId === undefined ? undefined : poller.failure(podId);
  const observation: Observation = {
    gpuPod,
    now: { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() },
    ...receivedAt(context, gpuPod),
    timings: context.timings,
    policy,
    installation,
    identity,
    account: session.account.state,
    ...actingFacts(context),
    intent,
    mayAdopt,
    localState,
    ...(lastSeen === undefined ? {} : { lastSeen }),
    ...(list === undefined ? {} : { inventory: list }),
    ...(offers === undefined ? {} : { offers }),
    ...formerAccountsOf(context, gpuPod),
    ...probeOf(context, gpuPod),
    permit: session.circuitBreakers.permitFor(requesterOf(context, gpuPod)),
    proofs: idProofsFor(context, gpuPod),
    massAbsence: session.vanished.isHolding(),
    ...(failure === undefined ? {} : { providerFailure: failure }),
    ...(instanceFailure === undefined ? {} : { instanceFailure }),
    cooldownOf: (offerKey) => session.cooldowns.find(offerKey, owner),
    ...othersCountFor(context, gpuPod, lastSeen),
    ...(crdProblem === undefined ? {} : { crdProblem }),
  };
  const speaking = withoutForeignAnswers(observation);
  return { ...speaking, localState: observe(speaking) };
}

function receivedAt({ view }: Sources, { metadata }: GpuPod): Pick<Observation, 'receivedAtMs'> {
  const receivedAtMs = view.seenAtMs(`${metadata.namespace}/${metadata.name}`);
  return receivedAtMs === undefined ? {} : { receivedAtMs };
}

function probeOf({ probes }: Sources, { metadata }: GpuPod): Pick<Observation, 'probe'> {
  return probes === undefined ? {} : { probe: probes.view(`${metadata.namespace}/${metadata.name}`) };
}

function actingFacts({
  reference,
  payerProblem,
  isAccountUnproven = false,
  isIntentUnproven = false,
}: Sources): Pick<Observation, 'reference' | 'payerProblem' | 'isAccountUnproven' | 'isIntentUnproven'> {
  return {
    ...(isAccountUnproven ? { isAccountUnproven } : {}),
    ...(isIntentUnproven ? { isIntentUnproven } : {}),
    ...(reference === undefined ? {} : { reference }),
    ...(payerProblem === undefined ? {} : { payerProblem }),
  };
}

/** Answers to the key of another account say nothing about this GpuPod, so they do not count. */
function withoutForeignAnswers(observation: Observation): Observation {
  const { inventory, lastSeen, ...rest } = observation;
  const isForeign = accountVerdict(observation).kind === 'foreign';
  const isOfSession = inventory !== undefined && inventory.beganAtMs >= sessionBeganAtMs(observation.account);
  return {
    ...rest,
    ...(lastSeen === undefined || isForeign ? {} : { lastSeen }),
    ...(isOfSession && !isForeign ? { inventory } : {}),
  };
}

/** Counts the others at most once, and only if the GpuPod is about to rent. Notes an instance that it has, for the sums. */
function othersCountFor(
  context: Sources,
  gpuPod: GpuPod,
  lastSeen: LastSeen | undefined,
): Pick<Observation, 'countOthers'> {
  const { reservations } = context.session;
  if (gpuPod.status.podId !== undefined) {
    reservations.note(gpuPod, lastSeen?.snapshot.priceUsdPerHour);
  }
  let counted: OthersCount | undefined;
  return { countOthers: () => (counted ??= countOthers(context, gpuPod.metadata)) };
}

/** Breakers are per team of the session's key. */
export function requesterOf({ policy }: Pick<Context, 'policy'>, { metadata, spec }: GpuPod): Requester {
  const { namespace, name, uid, generation } = metadata;
  const breakerKey = payingTeam(spec, policy) ?? '';
  return { breakerKey, key: `${namespace}/${name}`, namespace, uid, generation };
}

/** Requests are comparable within a namespace only: elsewhere Secrets of the same names hold other values. */
export function cooldownOwner({ metadata, spec }: GpuPod): CooldownOwner {
  const { image, customTemplateId, resources, env, disks, sshKeyId, ssh, teamId, jupyterPasswordSecretRef } =
    spec;
  const request = JSON.stringify([
    metadata.namespace,
    ...[image, customTemplateId, resources, env, disks, sshKeyId, ssh, teamId, jupyterPasswordSecretRef],
  ]);
  return { uid: metadata.uid, requestHash: createHash('sha256').update(request).digest('hex') };
}
