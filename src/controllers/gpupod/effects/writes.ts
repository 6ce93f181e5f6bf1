import { hasFinalizer } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { API_VERSION, FINALIZER, KIND } from '../../../api/common/names.ts';
import type { GpuPodStatus } from '../../../api/gpupod/status.ts';
import { isConflict, isNotFound } from '../../../kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import type { Effect, InstanceLeft } from '../../../lifecycle/step.ts';
import { accruedUsd } from '../../../lifecycle/status/accrual.ts';
import { droppedFields } from '../../../lifecycle/status/dropped.ts';
import type { DroppedFields } from '../../../lifecycle/status/dropped.ts';
import { eventsBetween } from '../../../lifecycle/status/events.ts';
import { writableStatus } from '../../../lifecycle/status/writable.ts';
import type { WritableStatus } from '../../../lifecycle/status/writable.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { microsToUsd } from '../../../offers/money.ts';
import type { AccountSession } from '../../../accounts/session.ts';
import type { Context } from '../context.ts';
import type { RetainedInstance } from '../sweeps/retained-instances.ts';
import { endedIdsOf, gpusOf, recordedReference, saidPrice, walletOf } from '../../../accounts/sums/stated.ts';
import type { EventToRecord } from '../ports.ts';
import { intentOf } from '../../../lifecycle/intent.ts';
import { eventReference } from '../event-reference.ts';
import { STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';

/** What a guarded write uses. */
type Writing = Pick<Context, 'api' | 'view'>;

/**
 * Writes the status, guarded by resourceVersion, and records its changes as events. The sums learn of the end of an
 * instance from here: whoever edits a status could otherwise state any end.
 */
export async function writeStatus(
  context: Writing & Pick<Context, 'fidelity' | 'events' | 'session' | 'log'>,
  gpuPod: GpuPod,
  status: GpuPodStatus,
  localState: LocalState,
): Promise<GuardedOutcome> {
  const { name, namespace, uid, resourceVersion } = gpuPod.metadata;
  const writable = writableStatus(status);
  reportRefused(context, gpuPod, localState, writable);
  const body = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace, uid, resourceVersion },
    status: writable.status,
  };
  let dropped: DroppedFields = {};
  const written = await guarded(context, gpuPod, localState, async () => {
    const returned = await context.api.replaceStatus(body);
    const stored: unknown = Reflect.get(returned, 'status');
    dropped = droppedFields(status, stored);
    context.fidelity.note(gpuPod, writable.status, droppedFields(writable.status, stored));
    return returned;
  });
  const isWhole = Object.keys(dropped).length === 0;
  const outcome: GuardedOutcome =
    written.kind === 'known' && written.isDone
      ? { ...written, localState: { ...localState, dropped: isWhole ? undefined : dropped } }
      : written;
  if (outcome.kind === 'known' && outcome.isDone) {
    for (const event of eventsBetween(gpuPod.status, status)) {
      recordEvent(context, gpuPod, event);
    }
    settleEnd(context.session, gpuPod.status, status);
  }
  return outcome;
}

function reportRefused(
  { log }: Pick<Context, 'log'>,
  { metadata: { namespace, name } }: GpuPod,
  { dropped = {} }: LocalState,
  { refused }: WritableStatus,
): void {
  if (refused.some((field) => !(field in dropped))) {
    log.error(
      { namespace, name, fields: refused },
      'left fields out of the status of a GpuPod, because their values do not fit the CRD; please report this',
    );
  }
}

function settleEnd({ reservations }: AccountSession, before: GpuPodStatus, after: GpuPodStatus): void {
  const { podId } = before;
  if (podId !== undefined && podId !== after.podId && endedIdsOf(after).includes(podId)) {
    reservations.ended(podId);
  }
}

export async function addFinalizer(
  context: Writing,
  gpuPod: GpuPod,
  localState: LocalState,
): Promise<EffectOutcome> {
  return await guarded(context, gpuPod, localState, async () => {
    const finalizers = [...gpuPod.metadata.finalizers, FINALIZER];
    return await context.api.patchMetadata({ ...gpuPod.metadata, metadata: { finalizers } });
  });
}

type ReleaseHow = Pick<Extract<Effect, { readonly type: 'release' }>, 'retain' | 'isForced'>;

/**
 * Removes the finalizer, so that Kubernetes deletes the GpuPod. A retained instance enters the retained list first.
 */
export async function release(
  context: Writing & Pick<Context, 'clock' | 'retained' | 'events' | 'session'>,
  gpuPod: GpuPod,
  localState: LocalState,
  how: ReleaseHow,
): Promise<EffectOutcome> {
  const { retain = [], isForced } = how;
  const { name, namespace } = gpuPod.metadata;
  const retainedAt = new Date(context.clock.nowMs()).toISOString();
  for (const instance of retain) {
    await context.retained.add({
      ...instance,
      gpuPod: `${namespace}/${name}`,
      retainedAt,
      ...payerOf(gpuPod, context.session),
    });
  }
  if (!hasFinalizer(gpuPod)) {
    return STALE;
  }
  const outcome = await guarded(context, gpuPod, localState, async () => {
    const finalizers = gpuPod.metadata.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    return await context.api.patchMetadata({ ...gpuPod.metadata, metadata: { finalizers } });
  });
  if (outcome.kind === 'known' && outcome.isDone) {
    settleReservation(context.session, gpuPod, retain, isForced === true);
    recordEvent(context, gpuPod, releaseEvent(gpuPod, how, context.clock.nowMs()));
    return { kind: 'released' };
  }
  return outcome;
}

/**
 * Who pays for the instance of the GpuPod, for the retained list. Without an account in the status, the key of this
 * session showed the instance.
 */
function payerOf(
  gpuPod: GpuPod,
  { account: { state } }: AccountSession,
): Pick<RetainedInstance, 'account' | 'teamId' | 'usdPerHour' | 'gpuCount' | 'payer'> {
  const account = gpuPod.status.account ?? identityOf(state);
  const teamId = walletOf(gpuPod);
  const micros = saidPrice(gpuPod);
  const payer = recordedReference(gpuPod);
  return {
    ...(account === undefined ? {} : { account }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(micros === 0 ? {} : { usdPerHour: microsToUsd(micros) }),
    gpuCount: gpusOf(gpuPod),
    ...(payer === undefined ? {} : { payer }),
  };
}

function settleReservation(
  { reservations }: Pick<AccountSession, 'reservations'>,
  gpuPod: GpuPod,
  retained: readonly InstanceLeft[],
  isForced: boolean,
): void {
  const { podId } = gpuPod.status;
  for (const instance of retained) {
    reservations.keep(instance.podId, gpuPod, 'retained');
  }
  if (podId === undefined || retained.length > 0) {
    return;
  }
  if (isForced) {
    reservations.keep(podId, gpuPod, 'released');
  } else {
    reservations.ended(podId);
  }
}

function releaseEvent(gpuPod: GpuPod, { retain = [], isForced }: ReleaseHow, nowMs: number): EventToRecord {
  const { status } = gpuPod;
  if (retain.length > 0) {
    const ids = retain.map(({ podId }) => podId).join(', ');
    const message = `Instance ${ids} was left running, as spec.deletionPolicy says. It bills until you terminate it at the provider.`;
    return { type: 'Warning', reason: 'Retained', message };
  }
  if (isForced === true) {
    return { type: 'Warning', reason: 'Released', message: forcedMessage(gpuPod) };
  }
  const usd = accruedUsd(status, nowMs);
  const cost = usd === undefined ? '' : ` (about ${usd.toFixed(2)} USD)`;
  const what =
    status.podId === undefined ? 'Nothing is rented any more' : `Terminated instance ${status.podId}${cost}`;
  return { type: 'Normal', reason: 'Released', message: `${what}. Released the GpuPod.` };
}

/** No snapshot showed the instance terminated, so a person has to find it, by ID or else by name. */
function forcedMessage(gpuPod: GpuPod): string {
  const id = gpuPod.status.podId ?? intentOf(gpuPod)?.name;
  const which = id === undefined ? 'the instance of its last create intent' : `instance ${id}`;
  return (
    `Released the GpuPod by force, without proof that ${which} is terminated. ` +
    'The instance may still bill. Look for it at the provider.'
  );
}

function recordEvent(context: Pick<Context, 'events'>, gpuPod: GpuPod, event: EventToRecord): void {
  context.events.record(eventReference(gpuPod.metadata), event);
}

/**
 * `known` with `isDone: false`: the view holds the newer version, but no event reports it. The caller plans for it.
 */
export type GuardedOutcome =
  | { readonly kind: 'known'; readonly localState: LocalState; readonly isDone: false }
  | {
      readonly kind: 'known';
      readonly localState: LocalState;
      readonly isDone: true;
      /** The resourceVersion that the write made. */
      readonly version: string;
    }
  | { readonly kind: 'stale' };

/**
 * A guarded write. After a conflict the operator reads the GpuPod live, so that the next decision uses the newer
 * version. If it is deleted or replaced by another of its name, the outcome is `stale`.
 */
async function guarded(
  context: Writing,
  gpuPod: GpuPod,
  localState: LocalState,
  write: () => Promise<KubernetesObject>,
): Promise<GuardedOutcome> {
  try {
    const written = await write();
    context.view.applyLocal(written);
    return { kind: 'known', localState, isDone: true, version: written.metadata.resourceVersion };
  } catch (error) {
    if (isNotFound(error)) {
      return { kind: 'stale' };
    }
    if (!isConflict(error)) {
      throw error;
    }
  }
  const { name, namespace, uid } = gpuPod.metadata;
  const live = await context.api.get({ namespace, name });
  if (live?.metadata.uid !== uid) {
    return { kind: 'stale' };
  }
  context.view.applyLocal(live);
  return { kind: 'known', localState, isDone: false };
}
