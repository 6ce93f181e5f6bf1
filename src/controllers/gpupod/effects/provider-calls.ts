import { isDeleting, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { readIntent, unresolvedIntent } from '../../../lifecycle/intent.ts';
import { mergeOfferAnswers } from '../../../lifecycle/choose-offer.ts';
import { learnDelete, learnRead, learnDuplicateDeleted } from '../../../lifecycle/learn.ts';
import type { LocalState, PodRead } from '../../../lifecycle/local-state.ts';
import { isSameAttempt } from '../../../lifecycle/pod-name.ts';
import type { Answer, NotFound, InstanceSnapshot } from '../../../lifecycle/provider.ts';
import { currentAttempt } from '../../../lifecycle/status/attempts.ts';
import type { DeleteDuplicate } from '../../../lifecycle/step.ts';
import { relationOf } from '../../../lifecycle/instance-relation.ts';
import type { OfferQuery } from '../../../offers/offer-source.ts';
import { noteOwnPod } from '../../../accounts/identity/account-evidence.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { Context } from '../context.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import { inSlot } from './in-slot.ts';
import type { AllSlots } from './in-slot.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';

/** Asks for the offers of each GPU type. */
export async function readOffers(
  context: AllSlots & Pick<Context, 'session'>,
  gpuPod: GpuPod,
  queries: readonly OfferQuery[],
  localState: LocalState,
): Promise<EffectOutcome> {
  return await inSlot(
    context,
    'readSlots',
    gpuPod,
    async () => await askForOffers(context.session, queries, localState),
  );
}

async function askForOffers(
  { provider }: Pick<AccountSession, 'provider'>,
  queries: readonly OfferQuery[],
  localState: LocalState,
): Promise<EffectOutcome> {
  const answers = await Promise.all(queries.map(async (query) => await provider.listOffers(query)));
  return { kind: 'known', localState, offers: mergeOfferAnswers(answers) };
}

export async function deletePod(
  context: Pick<Context, 'session' | 'log' | 'clock'>,
  gpuPod: GpuPod,
  podId: string,
  localState: LocalState,
): Promise<EffectOutcome> {
  const outcome = await context.session.provider.deletePod(podId, whileSessionLasts(context.session));
  const { namespace, name } = gpuPod.metadata;
  context.log.info({ namespace, name, podId, outcome: outcome.kind }, 'requested termination');
  return known(learnDelete(localState, podId, outcome, context.clock.monotonicMs()));
}

/** Reads the instance. A read that a termination waits for needs no slot. */
export async function readPod(
  context: AllSlots & Pick<Context, 'session' | 'clock'>,
  gpuPod: GpuPod,
  podId: string,
  localState: LocalState,
): Promise<EffectOutcome> {
  const read = async (): Promise<EffectOutcome> => await readInstance(context, podId, localState);
  return isTerminating(gpuPod) ? await read() : await inSlot(context, 'readSlots', gpuPod, read);
}

/** A termination that was begun is finished, whatever began it. */
function isTerminating(gpuPod: GpuPod): boolean {
  return isDeleting(gpuPod) || gpuPod.spec.suspend || currentAttempt(gpuPod.status)?.ending !== undefined;
}

async function readInstance(
  context: Pick<Context, 'session' | 'clock'>,
  podId: string,
  localState: LocalState,
): Promise<EffectOutcome> {
  const { clock, session } = context;
  const beganAtMs = clock.monotonicMs();
  const keyVersion = session.account.keyVersion();
  const fence = whileSessionLasts(session);
  const answer = await session.provider.getPod(podId);
  if (!fence.mayStillSend()) {
    // The key changed in between, so nobody can tell whose answer this is.
    return known(learnRead(localState, podId, { beganAtMs, result: 'failed' }));
  }
  if (answer.kind === 'ok') {
    noteOwnPod(session.account, answer.value, keyVersion);
    session.poller.record(answer.value, beganAtMs);
  }
  const name = answer.kind === 'ok' ? answer.value.name : undefined;
  const read = { beganAtMs, result: resultOf(answer), ...(name === undefined ? {} : { name }) };
  return known(learnRead(localState, podId, read));
}

function resultOf(answer: Answer<InstanceSnapshot> | NotFound): PodRead['result'] {
  if (answer.kind === 'ok') {
    return answer.value.status === 'TERMINATED' ? 'terminated' : 'found';
  }
  return answer.kind === 'notFound' ? 'notFound' : 'failed';
}

/** Terminates a duplicate, if a live read of the GpuPod still shows that it is surplus. */
export async function deleteDuplicate(
  context: Pick<Context, 'session' | 'api' | 'installation' | 'policy' | 'log'>,
  gpuPod: GpuPod,
  duplicate: DeleteDuplicate,
  localState: LocalState,
): Promise<EffectOutcome> {
  const fence = whileSessionLasts(context.session);
  const { namespace, name, uid } = gpuPod.metadata;
  const live = await context.api.get({ namespace, name });
  const parsed = live?.metadata.uid === uid ? parseGpuPod(live) : undefined;
  const isSurplus =
    duplicate.cause === 'duplicate'
      ? parsed?.kind === 'ok' && isDuplicate(context, parsed.gpuPod, duplicate)
      : parsed?.kind !== 'ok' || !isOwned(parsed.gpuPod, duplicate);
  if (!isSurplus) {
    return STALE;
  }
  const { podId, podName } = duplicate;
  const outcome = await context.session.provider.deletePod(podId, fence);
  context.log.warn(
    { namespace, name, podId, podName, outcome: outcome.kind },
    'requested termination of a duplicate',
  );
  return outcome.kind === 'failure' ? STALE : known(learnDuplicateDeleted(localState, podId));
}

/** Checks the GpuPod's own UID only. Adoption is irrelevant here. */
function isDuplicate(
  { installation, policy }: Pick<Context, 'installation' | 'policy'>,
  gpuPod: GpuPod,
  { podId, podName }: DeleteDuplicate,
): boolean {
  const own = { gpuPod, installation, policy, intent: readIntent(gpuPod), mayAdopt: false };
  return relationOf(own, { podId, name: podName }) === 'duplicate';
}

function isOwned(gpuPod: GpuPod, { podId, podName }: DeleteDuplicate): boolean {
  return gpuPod.status.podId === podId || isSameAttempt(unresolvedIntent(gpuPod)?.name, podName);
}
