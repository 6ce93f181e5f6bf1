import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { AccountSession } from '../../accounts/session.ts';
import type { Waiting } from '../../accounts/instances/inventory.ts';
import type { Reconciled } from '../../kubernetes/controller.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';
import type { Observation } from '../../lifecycle/observation.ts';
import { walletsOf } from '../../lifecycle/open-intent.ts';
import { isWorthWriting } from '../../lifecycle/status/worth-writing.ts';
import { rationWrite } from '../../lifecycle/status/write-ration.ts';
import type { Rest } from '../../lifecycle/step.ts';
import { watchFormerAccounts } from './accounts/former-accounts.ts';
import type { Context } from './context.ts';
import { writeStatus } from './effects/writes.ts';

interface Decided {
  readonly step: Rest;
  /** The stored status names another account than the operator wrote, so the status is written in any case. */
  readonly isForged: boolean;
}

/** Nothing remains but to wait: writes a changed status, and arranges when to reconcile again. */
export async function rest(
  context: Context,
  key: string,
  observation: Observation,
  { step: decided, isForged }: Decided,
): Promise<Reconciled> {
  const step = withoutOutsider(context, decided);
  const { gpuPod } = observation;
  const { uid } = gpuPod.metadata;
  // A failure that the status no longer mentions is over.
  const { failure, ...calm } = observation.localState;
  const localState: LocalState =
    step.remember?.failure === undefined || failure === undefined ? calm : observation.localState;
  context.localStates.set(key, uid, localState);
  watchProvider(context, key, { ...observation, localState }, step);
  let seenVersion = gpuPod.metadata.resourceVersion;
  if (isForged || isWorthWriting({ ...observation, localState }, step.status)) {
    const rationed = rationWrite(localState.writeRation, context.clock.monotonicMs());
    const counted: LocalState = { ...localState, writeRation: rationed.ration };
    if (rationed.kind === 'wait') {
      context.localStates.set(key, uid, counted);
      reportRation(context, gpuPod, rationed);
      const requeueAfterMs = Math.min(rationed.ms, step.requeueAfterMs ?? Infinity);
      return waiting({ ...step, requeueAfterMs }, seenVersion);
    }
    const outcome = await writeStatus(context, gpuPod, step.status, counted);
    // After a conflict the newer version came from a read, so no watch event reports it. Retry, or nothing would.
    if (outcome.kind === 'stale' || !outcome.isDone) {
      return { kind: 'retry' };
    }
    context.localStates.set(key, uid, {
      ...outcome.localState,
      rejectionsWrittenAtMs: context.clock.monotonicMs(),
    });
    seenVersion = outcome.version;
  }
  return waiting(step, seenVersion);
}

/** The result of a reconcile that waits. */
export function waiting(
  { requeueAfterMs, atLatestMs }: Pick<Rest, 'requeueAfterMs' | 'atLatestMs'>,
  seenVersion: string,
): Reconciled {
  return requeueAfterMs === undefined
    ? { kind: 'done', seenVersion }
    : { kind: 'done', seenVersion, requeueAfterMs, ...(atLatestMs === undefined ? {} : { atLatestMs }) };
}

function reportRation(
  { log }: Pick<Context, 'log'>,
  { metadata: { namespace, name } }: GpuPod,
  { isNews }: { readonly isNews: boolean },
): void {
  if (isNews) {
    log.warn(
      { namespace, name },
      'status of a GpuPod keeps changing, so it is written only every 20 s; check that no other installation watches this namespace',
    );
  }
}

interface Watching {
  readonly session: Pick<AccountSession, 'poller' | 'inventory'>;
}

/**
 * A create intent that nothing proves can state any user. Where no account of that user serves the namespace, its GpuPod
 * waits for the lists of the sweep and asks for none: somebody could use up another tenant's rate limit.
 */
function withoutOutsider(
  { isOfOutsider, timings }: Pick<Context, 'isOfOutsider' | 'timings'>,
  step: Rest,
): Rest {
  const { wantsInventoryAfterMs, requeueAfterMs = Infinity, ...others } = step;
  return isOfOutsider === true && wantsInventoryAfterMs !== undefined
    ? { ...others, requeueAfterMs: Math.min(requeueAfterMs, timings.sweepMs) }
    : step;
}

function watchProvider(
  { session, probes, former = [] }: Pick<Context, 'probes' | 'former'> & Watching,
  key: string,
  observation: Observation,
  step: Rest,
): void {
  const { poller, inventory } = session;
  const { gpuPod, localState } = observation;
  const { status } = gpuPod;
  const wallets = walletsOf(observation);
  const isWatched = status.podId !== undefined && step.isUnwatched !== true;
  probes?.want(key, step.wantsProbe);
  watchFormerAccounts(former, key, observation, step.wantsInventoryAfterMs);
  poller.keepOnly(key, isWatched ? status.podId : undefined);
  if (status.podId !== undefined && isWatched) {
    const isTerminating = localState.instance?.deletedAtMs !== undefined;
    const wasReady = status.readyAt !== undefined;
    poller.follow(key, status.podId, { often: step.pollOften ?? false, isTerminating, wasReady, wallets });
  }
  if (step.wantsInventoryAfterMs === undefined) {
    inventory.forget(key);
  } else {
    inventory.want(key, { afterMs: step.wantsInventoryAfterMs, wallets, ...awaited(observation) });
  }
}

/**
 * The instance that a list should settle: one whose termination is awaited, or a live one about which polls say too
 * little.
 */
function awaited({ gpuPod, localState, lastSeen }: Observation): Pick<Waiting, 'terminating' | 'live'> {
  const { instance } = localState;
  if (instance?.deletedAtMs !== undefined) {
    return { terminating: instance.podId };
  }
  const isLive = lastSeen?.snapshot.status === 'ACTIVE' && !lastSeen.omitted;
  return isLive ? { live: gpuPod.status.podId } : {};
}
