import { parseGpuPod } from '../api/gpu-pod.ts';
import type { GpuPod } from '../api/gpu-pod.ts';
import { API_VERSION, KIND } from '../api/names.ts';
import { ApiError, apiErrorMessage, isRefusal } from '../kubernetes/api-errors.ts';
import type { Reconciled } from '../kubernetes/controller.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { isSameSession } from '../lifecycle/account.ts';
import type { Observation, ObservedOffers } from '../lifecycle/observation.ts';
import type { LocalState } from '../lifecycle/local-state.ts';
import { walletsOf } from '../lifecycle/open-intent.ts';
import { withDropped } from '../lifecycle/status/dropped.ts';
import { isWorthWriting } from '../lifecycle/status/worth-writing.ts';
import type { Rest } from '../lifecycle/step.ts';
import type { Context } from './context.ts';
import type { Waiting } from './inventory.ts';
import type { EffectOutcome } from './effects/outcome.ts';
import { perform } from './effects/perform.ts';
import { writeStatus } from './effects/writes.ts';
import { gather } from './gather.ts';
import type { EventToRecord } from './ports.ts';
import { settleVanished } from './settle-vanished.ts';

/** More steps than any life takes in one go; what is not finished by then goes on after the others had a turn. */
const MAX_STEPS = 25;
const BUSY_MS = 250;
/** Who waits for a place is called; this is for a call that went to somebody who did not take the place. */
const NO_PLACE_MS = 2_000;
const DONE: Reconciled = { kind: 'done' };

/**
 * One pass over one GpuPod: gather, decide, do one thing, and again, until there is nothing to do but wait;
 * then the status is written, once, if that is worth a write.
 *
 * @throws what the API server answers to a write or read that is neither a conflict nor an absence.
 */
export async function reconcile(context: Context, key: string): Promise<Reconciled> {
  let offers: ObservedOffers | undefined;
  let current: Current | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    // Before each step: while an order was under way its object may have gone, and another of its name come.
    const unsettledMs = await settleVanished(context, key, context.view.get(key)?.metadata.uid);
    if (unsettledMs !== undefined) {
      return { kind: 'done', requeueAfterMs: unsettledMs };
    }
    current = currentObject(context, key, current);
    if (current === undefined) {
      return DONE;
    }
    const taken = await takeStep(context, key, current.gpuPod, offers);
    if (taken.kind === 'result') {
      return taken.result;
    }
    offers = taken.offers ?? offers;
  }
  return { kind: 'done', requeueAfterMs: BUSY_MS };
}

type TakenStep =
  | { readonly kind: 'result'; readonly result: Reconciled }
  | { readonly kind: 'goOn'; readonly offers: ObservedOffers | undefined };

async function takeStep(
  context: Context,
  key: string,
  stored: GpuPod,
  offers: ObservedOffers | undefined,
): Promise<TakenStep> {
  const { uid } = stored.metadata;
  const recalled = recall(context, key, stored);
  const gpuPod = withDropped(stored, recalled.dropped);
  const observation = await gather(context, gpuPod, recalled, offers);
  const step = context.plan(observation);
  const localState: LocalState = { ...observation.localState, ...step.remember };
  if (step.kind === 'rest') {
    return { kind: 'result', result: await rest(context, key, { ...observation, localState }, step) };
  }
  context.localStates.set(key, uid, localState);
  // A pod that was just ordered is still written down; nothing else is begun while stopping.
  if (context.isStopping() && localState.unbound === undefined) {
    return { kind: 'result', result: DONE };
  }
  // Decided by what another key was told; only a pod that was just ordered is written down whosever key it is now.
  if (localState.unbound === undefined && !isSameSession(context.account.state, observation.account)) {
    return { kind: 'result', result: { kind: 'retry' } };
  }
  const outcome = await perform(context, gpuPod, step.effect, localState);
  if (outcome.kind === 'known') {
    context.localStates.set(key, uid, outcome.localState);
    return { kind: 'goOn', offers: outcome.offers };
  }
  if (outcome.kind === 'released') {
    context.localStates.set(key, uid, { ...localState, isReleased: true });
  }
  return { kind: 'result', result: RESULTS[outcome.kind] };
}

const RESULTS: Readonly<Record<Exclude<EffectOutcome['kind'], 'known'>, Reconciled>> = {
  stale: { kind: 'retry' },
  busy: { kind: 'done', requeueAfterMs: NO_PLACE_MS },
  released: DONE,
};

interface Current {
  readonly raw: KubernetesObject;
  readonly gpuPod: GpuPod;
}

/** The object as it stands; it is read anew only if it changed since the last step. */
function currentObject(context: Context, key: string, last: Current | undefined): Current | undefined {
  const raw = context.view.get(key);
  if (raw === undefined || raw === last?.raw) {
    return raw === undefined ? undefined : last;
  }
  const parsed = parseGpuPod(raw);
  if (parsed.kind === 'invalid') {
    reportUnreadable(context, raw, parsed.problems);
    return undefined;
  }
  return { raw, gpuPod: parsed.gpuPod };
}

/** The installed CRD let something through that this version cannot read: nothing is done with it, and it is said. */
function reportUnreadable(context: Context, { metadata }: KubernetesObject, problems: string): void {
  const { namespace = '', name, uid } = metadata;
  context.log.error(
    { namespace, name, problems },
    'failed to read a GpuPod that does not fit this version; check that the CRD is up to date',
  );
  context.events.record(
    { apiVersion: API_VERSION, kind: KIND, namespace, name, uid },
    { type: 'Warning', reason: 'Unreadable', message: `The operator cannot read this GpuPod: ${problems}` },
  );
}

/**
 * Where the API server says no to a write (rights, a policy) the status may not be able to tell: an event does. So it
 * does where it keeps failing, as with an admission webhook that does not answer.
 */
export function reportFailure(
  { view, events }: Pick<Context, 'view' | 'events'>,
  key: string,
  error: unknown,
  failuresBefore: number,
): void {
  const object = view.get(key);
  const event = failureEvent(error, failuresBefore);
  if (object === undefined || event === undefined) {
    return;
  }
  const { namespace = '', name, uid } = object.metadata;
  events.record({ apiVersion: API_VERSION, kind: KIND, namespace, name, uid }, event);
}

/** The third failure in a row is told, and each hundredth after it: within about an hour. */
const FAILURES_BEFORE_TOLD = 2;
const FAILURES_BETWEEN = 100;

function failureEvent(error: unknown, failuresBefore: number): EventToRecord | undefined {
  if (isRefusal(error)) {
    return {
      type: 'Warning',
      reason: 'WriteRefused',
      message:
        'The API server refuses a request of the operator. Nothing goes on until you fix that, and a rented instance keeps billing. ' +
        apiErrorMessage(error),
    };
  }
  const isDue = (failuresBefore - FAILURES_BEFORE_TOLD) % FAILURES_BETWEEN === 0;
  return error instanceof ApiError && isDue
    ? {
        type: 'Warning',
        reason: 'WriteFailed',
        message:
          'Requests to the API server keep failing. Nothing goes on until they succeed, and a rented instance keeps billing. ' +
          `The operator retries. ${apiErrorMessage(error)}`,
      }
    : undefined;
}

function recall(context: Context, key: string, gpuPod: GpuPod): LocalState {
  return context.localStates.get(key, gpuPod.metadata.uid, context.clock.monotonicMs());
}

/** Nothing to do but wait: write what is worth it, and arrange for the next look. */
async function rest(
  context: Context,
  key: string,
  observation: Observation,
  step: Rest,
): Promise<Reconciled> {
  const { gpuPod } = observation;
  const { uid } = gpuPod.metadata;
  // A failure that is not mentioned any more is over.
  const { failure, ...calm } = observation.localState;
  const localState: LocalState =
    step.remember?.failure === undefined || failure === undefined ? calm : observation.localState;
  context.localStates.set(key, uid, localState);
  watchProvider(context, key, { ...observation, localState }, step);
  if (isWorthWriting({ ...observation, localState }, step.status)) {
    const outcome = await writeStatus(context, gpuPod, step.status, localState);
    // The watch stays silent about a version that was read after a conflict: this is the only look at it there will be.
    if (outcome.kind === 'stale' || !outcome.isDone) {
      return { kind: 'retry' };
    }
    context.localStates.set(key, uid, {
      ...outcome.localState,
      rejectionsWrittenAtMs: context.clock.monotonicMs(),
    });
  }
  return step.requeueAfterMs === undefined ? DONE : { kind: 'done', requeueAfterMs: step.requeueAfterMs };
}

function watchProvider(context: Context, key: string, observation: Observation, step: Rest): void {
  const { poller, inventory } = context;
  const { gpuPod, localState } = observation;
  const { status } = gpuPod;
  const wallets = walletsOf(observation);
  const isWatched = status.podId !== undefined && step.isUnwatched !== true;
  poller.keepOnly(key, isWatched ? status.podId : undefined);
  if (status.podId !== undefined && isWatched) {
    const isTerminating = localState.instance?.deletedAtMs !== undefined;
    poller.follow(key, status.podId, { often: step.pollOften ?? false, isTerminating, wallets });
  }
  if (step.wantsInventoryAfterMs === undefined) {
    inventory.forget(key);
  } else {
    inventory.want(key, { afterMs: step.wantsInventoryAfterMs, wallets, ...awaited(observation) });
  }
}

/** Of which instance a list is to show something: that it has ended, or, of one that is live, more than polls tell. */
function awaited({ gpuPod, localState, lastSeen }: Observation): Pick<Waiting, 'terminating' | 'live'> {
  const { instance } = localState;
  if (instance?.deletedAtMs !== undefined) {
    return { terminating: instance.podId };
  }
  const isLive = lastSeen?.snapshot.status === 'ACTIVE' && !lastSeen.omitted;
  return isLive ? { live: gpuPod.status.podId } : {};
}
