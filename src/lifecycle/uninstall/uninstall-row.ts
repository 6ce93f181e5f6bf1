import * as z from 'zod';
import { hasFinalizer, isDeleting, isPaused, parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Reason } from '../../api/gpupod/conditions.ts';
import { ANNOTATIONS } from '../../api/common/names.ts';
import { numberAt, recordAt, stringAt } from '../../json.ts';
import { priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { readIntent, unresolvedIntent } from '../intent.ts';
import { LASTING } from '../rules/stalled.ts';
import type { Policy } from '../settings.ts';
import { attemptsOf, currentAttempt } from '../status/attempts.ts';
import { findCondition } from '../status/draft.ts';
import { retainsInstances } from '../instance-relation.ts';

/**
 * Why the operator is still needed for a GpuPod.
 *
 * - `running`: it has an instance.
 * - `unknownOutcome`: a create request left, or may leave, and nobody knows yet whether an instance exists.
 * - `unreadable`: this version cannot read the GpuPod, so it may have an instance.
 * - `deleting`: the operator still checks that no instance of the deleted GpuPod is left.
 * - `mayRent`: it has no instance, and the operator may rent one at any moment.
 * - `idle`: it has no instance, and gets none unless somebody changes it.
 */
export type UninstallState = 'running' | 'unknownOutcome' | 'unreadable' | 'deleting' | 'mayRent' | 'idle';

/** What an uninstallation has to know about one GpuPod. */
export interface UninstallRow {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly state: UninstallState;
  /** The pod ID. For an unknown outcome, the name that the instance would have. */
  readonly instance: string | undefined;
  /** What the instance bills, or would bill. Undefined: there is none, or nobody knows its price. */
  readonly perHour: MicroUsd | undefined;
  readonly since: string | undefined;
  /** As the spec says. */
  readonly deletionPolicy: string | undefined;
  /** Whether a deletion leaves the instance running. */
  readonly isRetained: boolean;
  readonly isDeleting: boolean;
  /** The operator does nothing with it, so waiting does not help. */
  readonly isStuck: boolean;
  /** Whether a deletion waits for the operator. */
  readonly hasFinalizer: boolean;
  /** What a person has to know, and the other columns do not say. */
  readonly note: string | undefined;
}

type Billing = Pick<UninstallRow, 'state' | 'instance' | 'perHour' | 'since'>;

const Metadata = z.object({
  namespace: z.string().catch(''),
  name: z.string().catch(''),
  uid: z.string().catch(''),
  deletionTimestamp: z.string().optional().catch(undefined),
});

/** What this GpuPod, as the API server sent it, means for an uninstallation. It is tolerant: every object has a row. */
export function uninstallRowOf(object: object, policy: Pick<Policy, 'allowRetain'>): UninstallRow {
  const parsed = parseGpuPod(object);
  if (parsed.kind === 'invalid') {
    return unreadableRow(object, parsed.problems);
  }
  const { gpuPod } = parsed;
  if (gpuPod.status.podId === undefined && 'podId' in recordAt(object, 'status')) {
    return unreadableRow(object, 'status.podId is not an ID');
  }
  const { namespace, name, uid } = gpuPod.metadata;
  const billing = billingOf(gpuPod);
  return {
    namespace,
    name,
    uid,
    ...billing,
    deletionPolicy: gpuPod.spec.deletionPolicy,
    isRetained: billing.state === 'running' && isKeptRunning(gpuPod, policy),
    isDeleting: isDeleting(gpuPod),
    isStuck: isPaused(gpuPod) && (hasFinalizer(gpuPod) || billing.state !== 'idle'),
    hasFinalizer: hasFinalizer(gpuPod),
    note: noteOf(gpuPod, billing, policy),
  };
}

/** An instance whose termination has begun is not retained. */
function isKeptRunning(gpuPod: GpuPod, policy: Pick<Policy, 'allowRetain'>): boolean {
  return retainsInstances(gpuPod, policy) && currentAttempt(gpuPod.status)?.ending === undefined;
}

function billingOf(gpuPod: GpuPod): Billing {
  return (
    billingOfInstance(gpuPod) ??
    billingOfIntent(gpuPod) ??
    billingOfAttempt(gpuPod) ?? { state: stateWithoutInstance(gpuPod), ...NOTHING_KNOWN }
  );
}

function billingOfInstance({ status }: GpuPod): Billing | undefined {
  const { podId, cost } = status;
  return podId === undefined
    ? undefined
    : {
        state: 'running',
        instance: podId,
        perHour: microsOf(cost?.billedPerHour ?? cost?.pricePerHour),
        since: status.createdAt ?? currentAttempt(status)?.startedAt,
      };
}

function billingOfIntent(gpuPod: GpuPod): Billing | undefined {
  const intent = unresolvedIntent(gpuPod);
  if (intent !== undefined) {
    const { name, cost, startedAt } = intent;
    return { state: 'unknownOutcome', instance: name, perHour: cost.total, since: startedAt };
  }
  return readIntent(gpuPod).kind === 'garbled' ? { state: 'unknownOutcome', ...NOTHING_KNOWN } : undefined;
}

function microsOf(usd: number | undefined): MicroUsd | undefined {
  return usd === undefined || usd < 0 ? undefined : priceToMicros(usd);
}

const NOTHING_KNOWN = { instance: undefined, perHour: undefined, since: undefined };

/**
 * An attempt names an instance, and no outcome because somebody removed the pod ID from the status, or only that the
 * provider no longer listed it. Such an instance may bill.
 */
function billingOfAttempt({ status }: GpuPod): Billing | undefined {
  const isLost = findCondition(status, 'Stalled')?.reason === 'Lost';
  const attempt = attemptsOf(status).findLast(
    ({ podId, outcome, reason }) =>
      podId !== undefined && (outcome === undefined || (isLost && reason === 'Lost')),
  );
  return attempt === undefined
    ? undefined
    : {
        state: 'unknownOutcome',
        instance: attempt.podId,
        perHour: microsOf(attempt.pricePerHour),
        since: attempt.startedAt,
      };
}

function stateWithoutInstance(gpuPod: GpuPod): UninstallState {
  if (isDeleting(gpuPod)) {
    return hasFinalizer(gpuPod) ? 'deleting' : 'idle';
  }
  return gpuPod.spec.suspend || isPaused(gpuPod) || waitsForPerson(gpuPod) ? 'idle' : 'mayRent';
}

/** Stalls that only a person lifts. The operator may leave every other one by itself, and rent. */
const UNTIL_CHANGED: ReadonlySet<string> = new Set<Reason<'Stalled'>>([
  ...LASTING,
  'AttemptsExhausted',
  'NotAllowed',
]);

function waitsForPerson({ metadata, status }: GpuPod): boolean {
  const stall = findCondition(status, 'Stalled');
  const requested = metadata.annotations[ANNOTATIONS.reconcileRequestedAt];
  const isHandled = requested === undefined || requested === status.lastHandledReconcileAt;
  return (
    stall?.status === 'True' &&
    UNTIL_CHANGED.has(stall.reason) &&
    stall.observedGeneration === metadata.generation &&
    isHandled
  );
}

const NOTES: Readonly<Record<UninstallState, string | undefined>> = {
  running: undefined,
  unknownOutcome: 'nobody knows yet whether this instance exists',
  unreadable: undefined,
  deleting: 'the operator still checks that no instance is left',
  mayRent: 'no instance yet; the operator may rent one at any moment',
  idle: undefined,
};

function noteOf(gpuPod: GpuPod, { state }: Billing, policy: Pick<Policy, 'allowRetain'>): string | undefined {
  const pause = isPaused(gpuPod) ? 'paused: the operator does nothing with it' : undefined;
  const own = state === 'running' ? noteOfRunning(gpuPod, policy) : NOTES[state];
  const found = [pause, own].filter((note) => note !== undefined);
  return found.length === 0 ? undefined : found.join('; ');
}

function noteOfRunning(gpuPod: GpuPod, policy: Pick<Policy, 'allowRetain'>): string | undefined {
  if (isKeptRunning(gpuPod, policy)) {
    return 'a deletion leaves it running';
  }
  return isDeleting(gpuPod) ? 'terminating' : undefined;
}

/** The fields that can be read although the whole cannot. */
function unreadableRow(object: object, problems: string): UninstallRow {
  const { namespace, name, uid, deletionTimestamp } = Metadata.parse(recordAt(object, 'metadata'));
  const status = recordAt(object, 'status');
  const cost = recordAt(status, 'cost');
  const usd = numberAt(cost, 'billedPerHour') ?? numberAt(cost, 'pricePerHour');
  return {
    namespace,
    name,
    uid,
    state: 'unreadable',
    instance: stringAt(status, 'podId'),
    perHour: microsOf(usd),
    since: stringAt(status, 'createdAt'),
    deletionPolicy: stringAt(recordAt(object, 'spec'), 'deletionPolicy'),
    isRetained: false,
    isDeleting: deletionTimestamp !== undefined,
    isStuck: true,
    hasFinalizer: false,
    note: `unreadable, so it may have an instance: ${problems}`,
  };
}
