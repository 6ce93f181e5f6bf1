import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { ANNOTATIONS, FINALIZER } from '../../../api/common/names.ts';
import { apiErrorMessage, isConflict, isNotFound } from '../../../kubernetes/client/api-errors.ts';
import type { SecretValues } from '../../../lifecycle/instance-request.ts';
import { objectKey } from '../../../kubernetes/objects.ts';
import { sessionBeganAtMs } from '../../../lifecycle/account.ts';
import { judgeAnswer } from '../../../lifecycle/created.ts';
import { writeIntent } from '../../../lifecycle/intent.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import { learnBlocked, learnCreate, learnSession } from '../../../lifecycle/learn.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import type { BookedTurn, CreateOutcome, SendOptions } from '../../../lifecycle/provider.ts';
import type { CreatePod } from '../../../lifecycle/step.ts';
import type { Context, StepContext } from '../context.ts';
import { requesterOf } from '../gather.ts';
import { isHeldElsewhere } from '../installation/id-proofs.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import { findObstacle, findPayerChange, waitForTurn } from './create-obstacle.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';
import { keyObstacle, repeatedWithKey } from './requested-key.ts';
import { reserve } from './reserve.ts';
import { valuesForCreate } from './secret-values.ts';

type Creating = Pick<
  StepContext,
  | 'clock'
  | 'policy'
  | 'timings'
  | 'session'
  | 'api'
  | 'view'
  | 'createFence'
  | 'isStopping'
  | 'isLeaseFresh'
  | 'log'
  | 'reference'
  | 'actingNow'
  | 'protectAccount'
  | 'onCreateAnswered'
>;

/**
 * Creates an instance. First comes everything that can fail without cost, then finalizer and create intent in one
 * guarded write, then the create request, once. Whatever happens after that write, the intent shows the next
 * reconcile that an instance may exist.
 *
 * The turn at the rate limiter is booked before the write and taken after it, so a slow write delays no other request.
 * Between write and request, the booking leaves about a second to wait, unless the provider asks for a pause meanwhile.
 */
export async function createPod(
  context: Creating & Pick<Context, 'createSlots' | 'secrets'>,
  gpuPod: GpuPod,
  effect: CreatePod,
  localState: LocalState,
): Promise<EffectOutcome> {
  const session = whileSessionLasts(context.session);
  // Takes the slot before anything that can hang, reads of Secrets included.
  if (!context.createSlots.take(gpuPod.metadata, context.session.name)) {
    return { kind: 'busy' };
  }
  try {
    const obstacle = await keyObstacle(context, gpuPod, effect.intent, localState);
    if (obstacle !== undefined) {
      return obstacle;
    }
    const secrets = await valuesForCreate(context, gpuPod);
    return secrets.kind === 'missing'
      ? known(learnBlocked(localState, 'ReferenceNotFound', secrets.message, context.clock.monotonicMs()))
      : await sendInTurn(context, gpuPod, effect, { localState, values: secrets.values, session });
  } finally {
    context.createSlots.giveBack(context.session.name);
  }
}

interface Prepared {
  readonly localState: LocalState;
  readonly values: SecretValues;
  /** Checks that the key is still the one for which the operator decided to create. */
  readonly session: SendOptions;
}

async function sendInTurn(
  context: Creating,
  gpuPod: GpuPod,
  effect: CreatePod,
  prepared: Prepared,
): Promise<EffectOutcome> {
  const turn = await context.session.bookCreateTurn();
  try {
    return await sendWithin(context, gpuPod, effect, { ...prepared, turn });
  } finally {
    turn.giveUp();
  }
}

interface Booked extends Prepared {
  readonly turn: BookedTurn;
}

/** Sends the request if nothing has changed while it waited, and within the limits on sums. */
async function sendWithin(
  context: Creating,
  gpuPod: GpuPod,
  effect: CreatePod,
  prepared: Booked,
): Promise<EffectOutcome> {
  const { clock, session } = context;
  const { reservations, circuitBreakers } = session;
  const { localState, session: decided } = prepared;
  const isOld = clock.monotonicMs() - effect.offerSeenAtMs > context.timings.offerMaxAgeMs;
  const asking = requesterOf(context, gpuPod);
  // Decides again before the create intent is written, which would have to be closed. The limits are those of this moment.
  const isOutdated = isOld || !decided.mayStillSend() || findPayerChange(context) !== undefined;
  if (isOutdated || !circuitBreakers.pass(asking)) {
    return known(localState);
  }
  let isCharged = false;
  let isSurelyNotCreated = false;
  try {
    const withheld = await reserve(context, gpuPod, effect, localState);
    if (withheld !== undefined) {
      return withheld;
    }
    const outcome = await sendCreate(context, gpuPod, effect, prepared);
    isCharged = outcome.kind === 'known' && mayHaveCharged(outcome.localState);
    isSurelyNotCreated = outcome.kind === 'known' && hasCreatedNothing(outcome.localState);
    return outcome;
  } finally {
    const { intent } = effect;
    const key = objectKey(gpuPod);
    reservations.release({
      name: intent.name,
      isCharged,
      notCreated: isSurelyNotCreated ? { key, intent } : undefined,
    });
    // A GpuPod that was permitted to probe and did not leaves the probe to another.
    circuitBreakers.giveBack(asking);
  }
}

function mayHaveCharged({ pendingCreate }: LocalState): boolean {
  const kind = pendingCreate?.outcome?.kind;
  return kind === 'created' || kind === 'unknown';
}

function hasCreatedNothing({ pendingCreate }: LocalState): boolean {
  const kind = pendingCreate?.outcome?.kind;
  return kind === 'refused' || kind === 'notSent';
}

async function sendCreate(
  context: Creating,
  gpuPod: GpuPod,
  effect: CreatePod,
  { localState, values, session: decided, turn }: Booked,
): Promise<EffectOutcome> {
  const { clock, timings, createFence, session } = context;
  const { account, provider, circuitBreakers } = session;
  const sendWithinMs = createFence.sendWithinMs();
  const intent: Intent = sendWithinMs === undefined ? effect.intent : { ...effect.intent, sendWithinMs };
  if (context.isStopping()) {
    return STALE;
  }
  // Counts from before the write: other processes see the intent, and count, as soon as the API server stores it.
  const writtenAtMs = clock.monotonicMs();
  try {
    if (!(await writeDown(context, gpuPod, intent))) {
      return STALE;
    }
  } catch (error) {
    // The write may have succeeded. Certain is only that the operator sent no create request.
    const message = `Failed to write the create intent onto the GpuPod: ${apiErrorMessage(error)}`;
    const notSent = { kind: 'notSent', reason: 'ApiUnavailable', message } as const;
    return known(learnCreate(localState, intent, notSent, clock.monotonicMs()));
  } finally {
    createFence.note(clock.monotonicMs() - writtenAtMs);
  }
  const untilMs = writtenAtMs + (sendWithinMs ?? timings.createFenceMs);
  const notSent = await waitForTurn(context, turn, untilMs);
  if (notSent !== undefined) {
    return known(learnCreate(localState, intent, notSent, clock.monotonicMs()));
  }
  const keyVersion = account.keyVersion();
  const { state } = account;
  let obstacle: string | undefined;
  const answer = await provider.createPod(
    { ...effect.request, secrets: values },
    {
      turnTaken: true,
      mayStillSend: () => {
        // The state of another key may fit as well and belong to someone else, so the operator rents nothing with an
        // unchecked key.
        obstacle = decided.mayStillSend() ? findObstacle(context, gpuPod, untilMs) : OTHER_KEY;
        return obstacle === undefined;
      },
    },
  );
  const judged = judgeAnswer(intent, withCause(answer, obstacle), (podId) =>
    isHeldElsewhere(context, gpuPod, podId),
  );
  const outcome = repeatedWithKey(session, intent, judged);
  circuitBreakers.settle(requesterOf(context, gpuPod), outcome, effect.otherOffers);
  logOutcome(context, gpuPod, effect, outcome);
  if (outcome.kind !== 'notSent') {
    const { account: payer } = ownerFor(context.reference, gpuPod.metadata.namespace);
    context.onCreateAnswered?.(payer, outcome.kind);
  }
  if (outcome.kind === 'created') {
    account.noteOwn(outcome.instance.userId, keyVersion);
  }
  const learned = learnCreate(localState, intent, outcome, clock.monotonicMs());
  // The next attempt looks at its key again: it may have changed in its Secret, or vanished at the provider.
  return known({ ...learnSession(learned, sessionBeganAtMs(state), writtenAtMs), sshKey: undefined });
}

/** Adds the cause to a withheld create request, so that a person can remove it. */
function withCause(outcome: CreateOutcome, obstacle: string | undefined): CreateOutcome {
  const isWithheld = outcome.kind === 'notSent' && outcome.reason === 'Withheld';
  return isWithheld && obstacle !== undefined ? { ...outcome, message: obstacle } : outcome;
}

const OTHER_KEY =
  'The API key changed after the create request was decided, so it was not sent and nothing was rented; retrying.';

/**
 * Records the create intent before anything is paid. Its resourceVersion fences off a second operator: a process that
 * saw an older version writes nothing and rents nothing.
 */
async function writeDown(
  context: Pick<Context, 'api' | 'view'>,
  gpuPod: GpuPod,
  intent: Intent,
): Promise<boolean> {
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
  { log }: Pick<Context, 'log'>,
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
