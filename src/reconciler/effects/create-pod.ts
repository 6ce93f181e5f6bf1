import type { GpuPod } from '../../api/gpu-pod.ts';
import { ANNOTATIONS, FINALIZER } from '../../api/names.ts';
import { apiErrorMessage, isConflict, isNotFound, isRefusal } from '../../kubernetes/api-errors.ts';
import { withSecretValues } from '../../lifecycle/build-request.ts';
import type { SecretValues } from '../../lifecycle/build-request.ts';
import { sessionBeganAtMs } from '../../lifecycle/account.ts';
import { judgeAnswer } from '../../lifecycle/created.ts';
import { writeIntent } from '../../lifecycle/intent.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import { learnBlocked, learnCreate, learnSession } from '../../lifecycle/learn.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';
import type { CreateOutcome, SendOptions } from '../../lifecycle/provider.ts';
import type { CreatePod } from '../../lifecycle/step.ts';
import type { Context } from '../context.ts';
import { requesterOf } from '../gather.ts';
import { isHeldElsewhere } from '../id-proofs.ts';
import { whileSessionLasts } from '../session-fence.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';
import { readSecretValues } from './secret-values.ts';
import type { ReadSecretValues } from './secret-values.ts';

/**
 * Orders a pod: all that can fail without cost first, then finalizer and intent in one guarded write, then
 * the request, once. Whatever happens after that write, the intent tells the next look that a pod may exist.
 */
export async function createPod(
  context: Context,
  gpuPod: GpuPod,
  effect: CreatePod,
  localState: LocalState,
): Promise<EffectOutcome> {
  const session = whileSessionLasts(context);
  // Before anything that can hang, the Secrets too.
  if (!context.createSlots.take(gpuPod.metadata)) {
    return { kind: 'busy' };
  }
  try {
    const secrets = await readSecrets(context, gpuPod);
    return secrets.kind === 'missing'
      ? known(learnBlocked(localState, 'ReferenceNotFound', secrets.message, context.clock.monotonicMs()))
      : await sendInTurn(context, gpuPod, effect, { localState, values: secrets.values, session });
  } finally {
    context.createSlots.giveBack();
  }
}

/** A Secret that this operator may not read hinders the order as one does that is not there. */
async function readSecrets({ secrets }: Context, gpuPod: GpuPod): Promise<ReadSecretValues> {
  try {
    return await readSecretValues(secrets, gpuPod);
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    const message = `Failed to read a Secret that the spec refers to: ${apiErrorMessage(error)}`;
    return { kind: 'missing', message };
  }
}

interface Prepared {
  readonly localState: LocalState;
  readonly values: SecretValues;
  /** That the key is still the one for which the create was decided. */
  readonly session: SendOptions;
}

async function sendInTurn(
  context: Context,
  gpuPod: GpuPod,
  effect: CreatePod,
  prepared: Prepared,
): Promise<EffectOutcome> {
  const { clock, reservations, policy } = context;
  const { localState } = prepared;
  await context.takeCreateTurn();
  const isOld = clock.monotonicMs() - effect.offerSeenAtMs > context.timings.offerMaxAgeMs;
  const asking = requesterOf(context, gpuPod);
  if (isOld || !context.circuitBreakers.pass(asking)) {
    return known(localState);
  }
  const { uid } = gpuPod.metadata;
  let isCharged = false;
  try {
    if (!reservations.reserve(uid, effect.intent, policy.maxTotalPricePerHour)) {
      return known(localState);
    }
    const outcome = await sendCreate(context, gpuPod, effect, prepared);
    isCharged = outcome.kind === 'known' && mayHaveCharged(outcome.localState);
    return outcome;
  } finally {
    reservations.release(uid, { name: effect.intent.name, isCharged });
    // Whoever was let through to probe and did not come to it leaves the probe to others.
    context.circuitBreakers.giveBack(asking);
  }
}

function mayHaveCharged({ pendingCreate }: LocalState): boolean {
  const kind = pendingCreate?.outcome?.kind;
  return kind === 'created' || kind === 'unknown';
}

async function sendCreate(
  context: Context,
  gpuPod: GpuPod,
  effect: CreatePod,
  { localState, values, session: decided }: Prepared,
): Promise<EffectOutcome> {
  const { clock, provider, timings, createFence } = context;
  const sendWithinMs = createFence.sendWithinMs();
  const intent: Intent = sendWithinMs === undefined ? effect.intent : { ...effect.intent, sendWithinMs };
  if (context.isStopping()) {
    return STALE;
  }
  // From before the write, not from its answer: others see the order as soon as it stands, and count from then.
  const writtenAtMs = clock.monotonicMs();
  try {
    if (!(await writeDown(context, gpuPod, intent))) {
      return STALE;
    }
  } catch (error) {
    // It may stand on the object all the same; what is certain is that nothing was sent on it.
    const message = `Failed to write the create intent onto the GpuPod: ${apiErrorMessage(error)}`;
    const notSent = { kind: 'notSent', reason: 'ApiUnavailable', message } as const;
    return known(learnCreate(localState, intent, notSent, clock.monotonicMs()));
  } finally {
    createFence.note(clock.monotonicMs() - writtenAtMs);
  }
  const keyVersion = context.account.keyVersion();
  const session = context.account.state;
  const untilMs = writtenAtMs + (sendWithinMs ?? timings.createFenceMs);
  let obstacle: string | undefined;
  const answer = await provider.createPod(withSecretValues(effect.request, values), {
    turnTaken: true,
    mayStillSend: () => {
      // Nothing is rented with a key that was not looked at: the state of another one may fit as well, and be somebody else's.
      obstacle = decided.mayStillSend() ? findObstacle(context, untilMs) : OTHER_KEY;
      return obstacle === undefined;
    },
  });
  const outcome = judgeAnswer(intent, withCause(answer, obstacle), (podId) =>
    isHeldElsewhere(context, gpuPod, podId),
  );
  context.circuitBreakers.settle(requesterOf(context, gpuPod), outcome, effect.otherOffers);
  logOutcome(context, gpuPod, effect, outcome);
  if (outcome.kind === 'created') {
    context.account.noteOwn(outcome.instance.userId, keyVersion);
  }
  const learned = learnCreate(localState, intent, outcome, clock.monotonicMs());
  return known(learnSession(learned, sessionBeganAtMs(session)));
}

/** What stands in the way right before the bytes leave; undefined: nothing does. */
function findObstacle(context: Context, untilMs: number): string | undefined {
  if (context.clock.monotonicMs() > untilMs) {
    return SLOW_WRITE;
  }
  return context.isLeaseFresh() ? undefined : SLOW_LEASE;
}

/** Says what stood in the way where an order was withheld: a person can do something about it. */
function withCause(outcome: CreateOutcome, obstacle: string | undefined): CreateOutcome {
  const isWithheld = outcome.kind === 'notSent' && outcome.reason === 'Withheld';
  return isWithheld && obstacle !== undefined ? { ...outcome, message: obstacle } : outcome;
}

const OTHER_KEY =
  'The API key changed after the create request was decided, so it was not sent and nothing was rented; retrying.';
const SLOW_WRITE =
  'The API server took longer to write the create intent than --window-create-fence allows, so nothing was sent and nothing was rented. ' +
  'The operator retries with more time; look for slow admission webhooks on gpupods.';
const SLOW_LEASE =
  'The Lease was not renewed within --window-lease-fence, so the create request was not sent and nothing was rented. ' +
  'The operator retries; look for what slows down writes of Leases.';

/**
 * The write that everything rests on: nothing is paid before it is written down. Its resourceVersion is the
 * fence against a second operator: who saw an older object writes nothing and orders nothing.
 */
async function writeDown(context: Context, gpuPod: GpuPod, intent: Intent): Promise<boolean> {
  const { metadata } = gpuPod;
  const finalizers = [...new Set([...metadata.finalizers, FINALIZER])];
  try {
    const written = await context.api.patchMetadata({
      ...metadata,
      metadata: { finalizers, annotations: { [ANNOTATIONS.intent]: writeIntent(intent) } },
    });
    context.view.applyLocal(written);
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) {
      return false;
    }
    throw error;
  }
}

function logOutcome(
  { log }: Context,
  { metadata }: GpuPod,
  { intent }: CreatePod,
  outcome: CreateOutcome,
): void {
  const fields = {
    namespace: metadata.namespace,
    name: metadata.name,
    attempt: intent.attempt,
    podName: intent.name,
  };
  if (outcome.kind === 'created') {
    log.info({ ...fields, podId: outcome.instance.podId }, 'created instance');
  } else {
    log.warn(
      { ...fields, outcome: outcome.kind, problem: outcome.message },
      'create request returned no instance',
    );
  }
}
