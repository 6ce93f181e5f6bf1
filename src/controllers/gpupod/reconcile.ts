import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Reconciled } from '../../kubernetes/controller.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { waitAtMost } from '../../lifecycle/deadlines.ts';
import { isSameSession } from '../../lifecycle/account.ts';
import { isResolved, readIntent } from '../../lifecycle/intent.ts';
import type { Observation, ObservedOffers } from '../../lifecycle/observation.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';
import { withDropped, withReadyTime } from '../../lifecycle/status/dropped.ts';
import { contextOf } from './context.ts';
import type { Context, Reconciling, StepContext } from './context.ts';
import type { EffectOutcome } from './effects/outcome.ts';
import { perform } from './effects/perform.ts';
import { gather } from './gather.ts';
import { idProofsFor } from './installation/id-proofs.ts';
import { withProvenAccount } from './accounts/proven-account.ts';
import type { Acting } from './accounts/payers.ts';
import { withSentIntent } from './accounts/sent-intent.ts';
import { withLikelyPayer } from './accounts/unproven-intent.ts';
import type { Judged } from './accounts/unproven-intent.ts';
import { rest, waiting } from './rest.ts';
import { settleVanished } from './settle-vanished.ts';
import { eventReference } from './event-reference.ts';

/** More steps than one pass ever needs. Unfinished work continues after other GpuPods had their turn. */
const MAX_STEPS = 25;
const BUSY_MS = 250;
/** A free slot calls the GpuPod. Other changes of what it waits for are looked at this often. */
const NO_SLOT_MS = 30_000;
const DONE: Reconciled = { kind: 'done' };

/**
 * Reconciles one GpuPod: gathers an observation, decides, performs one effect, and repeats until it only has to wait.
 * Then it writes the status once, if that is worth a write.
 *
 * @throws the error of a Kubernetes API request, unless it is a conflict or a missing object
 */
export async function reconcile(shared: Reconciling, key: string): Promise<Reconciled> {
  const { payers, view } = shared;
  let offers: ObservedOffers | undefined;
  let current: Current | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    // Before each step: during a create request the GpuPod may have been deleted and replaced by another of its name.
    const livingUid = view.get(key)?.metadata.uid;
    const ofVanished = contextOf(shared, payers.ofVanished(key, livingUid));
    const unsettledMs = await settleVanished(ofVanished, key, livingUid);
    if (unsettledMs !== undefined) {
      return { kind: 'done', requeueAfterMs: unsettledMs };
    }
    current = currentObject(shared, key, current);
    if (current === undefined) {
      forgetVanished(shared, key);
      return DONE;
    }
    const taken = await takeStep(shared, key, current.gpuPod, offers);
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

/** A GpuPod that cannot be read keeps its session. */
function forgetVanished({ payers, view }: Reconciling, key: string): void {
  if (view.get(key) === undefined) {
    payers.forget(key);
  }
}

type Unproven = Pick<Acting, 'isAccountUnproven' | 'isIntentUnproven' | 'isOfOutsider'>;

/**
 * The account that acts is found before each step, because a step may end what the recorded account had to do. An
 * intent of another UID counts only if this GpuPod may adopt it; a copied one must not choose who pays.
 */
async function contextFor(
  shared: Reconciling,
  key: string,
  gpuPod: GpuPod,
  { localState, ...unproven }: Unproven & { readonly localState: LocalState },
): Promise<StepContext> {
  const { payers, adoptions, installation } = shared;
  const intent = readIntent(gpuPod);
  const isOthers = intent.kind === 'read' && intent.intent.uid !== gpuPod.metadata.uid;
  const mayAdopt = payers.isServing && isOthers && (await adoptions.mayAdopt(gpuPod, intent, installation));
  const facts = { gpuPod, localState, intent, mayAdopt, installation };
  const acting = { ...payers.of(key, gpuPod, facts), ...unproven };
  return { ...contextOf(shared, acting), actingNow: () => payers.choose(gpuPod, facts) };
}

/** The GpuPod with what the operator surely wrote, as far as anything proves it. */
function proven(
  shared: Reconciling,
  restored: GpuPod,
  { signed, pendingCreate }: LocalState,
): Judged & { readonly isAccountUnproven: boolean } {
  const { payers } = shared;
  const proofs = idProofsFor(shared, restored);
  const { gpuPod, isUnproven } = withProvenAccount(restored, {
    proofs,
    signed,
    candidates: () => payers.statedAccounts(restored.metadata.namespace),
  });
  const judged = withLikelyPayer(gpuPod, {
    proofs,
    sent: pendingCreate?.sent,
    likelyPayer: (object, intent) => payers.likelyPayer(object, intent),
  });
  return { ...judged, isAccountUnproven: payers.isServing && isUnproven };
}

async function takeStep(
  shared: Reconciling,
  key: string,
  stored: GpuPod,
  offers: ObservedOffers | undefined,
): Promise<TakenStep> {
  const { uid } = stored.metadata;
  const recalled = recall(shared, key, stored);
  const restored = withReadyTime(withDropped(withSentIntent(stored, recalled), recalled.dropped));
  const { gpuPod, ...unproven } = proven(shared, restored, recalled);
  const context = await contextFor(shared, key, gpuPod, { localState: recalled, ...unproven });
  const observation = await gather(context, gpuPod, recalled, offers);
  settleReservation(context, observation, recalled);
  const step = context.plan(observation);
  const localState: LocalState = { ...observation.localState, ...step.remember };
  if (step.kind === 'rest') {
    const isForged = gpuPod.status.account !== restored.status.account;
    return {
      kind: 'result',
      result: await rest(context, key, { ...observation, localState }, { step, isForged }),
    };
  }
  context.localStates.set(key, uid, localState);
  // While stopping, the operator still records an instance that it just created, but begins nothing else.
  if (context.isStopping() && localState.unbound === undefined) {
    return { kind: 'result', result: DONE };
  }
  // The decision rests on answers to another key. Only an instance that was just created is recorded with any key.
  if (
    localState.unbound === undefined &&
    !isSameSession(context.session.account.state, observation.account)
  ) {
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
  return { kind: 'result', result: resultOf(outcome, observation) };
}

/**
 * Only what this process sent settles its reservation: an edited create intent may have had the operator look in the
 * lists of another account.
 */
function settleReservation(
  { session: { reservations } }: Context,
  { gpuPod, localState }: Observation,
  { pendingCreate }: LocalState,
): void {
  const sent = pendingCreate?.sent;
  if (sent !== undefined && localState.pendingCreate === undefined && isResolved(gpuPod, sent)) {
    reservations.settle(sent.name);
  }
}

function resultOf(
  { kind }: Exclude<EffectOutcome, { readonly kind: 'known' }>,
  observation: Observation,
): Reconciled {
  switch (kind) {
    case 'stale':
      return { kind: 'retry' };
    case 'released':
      return DONE;
    case 'busy':
      return waiting(waitAtMost(observation, NO_SLOT_MS), observation.gpuPod.metadata.resourceVersion);
  }
}

interface Current {
  readonly raw: KubernetesObject;
  readonly gpuPod: GpuPod;
}

/** The GpuPod as it is now, parsed again only if it changed since the last step. */
function currentObject(
  context: Pick<Context, 'view' | 'log' | 'events'>,
  key: string,
  last: Current | undefined,
): Current | undefined {
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

/**
 * The installed CRD admitted a GpuPod that this version cannot read. The operator reports it and does nothing else
 * with it.
 */
function reportUnreadable(
  context: Pick<Context, 'log' | 'events'>,
  { metadata }: KubernetesObject,
  problems: string,
): void {
  const { namespace = '', name } = metadata;
  context.log.error(
    { namespace, name, problems },
    'failed to read a GpuPod that does not fit this version; check that the CRD is up to date',
  );
  context.events.record(eventReference(metadata), {
    type: 'Warning',
    reason: 'Unreadable',
    message: `The operator cannot read this GpuPod: ${problems}`,
  });
}

function recall(context: Pick<Context, 'localStates' | 'clock'>, key: string, gpuPod: GpuPod): LocalState {
  return context.localStates.get(key, gpuPod.metadata.uid, context.clock.monotonicMs());
}
