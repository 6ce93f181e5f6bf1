import { recordAt, stringAt } from '../../json.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { Lane } from '../../kubernetes/queue/work-queue-options.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';

/** Workers for terminations. So many DELETE requests may hang before another has to wait. */
const URGENT_WORKERS = 128;

/**
 * With accounts, there are this many times the slots that one account may hold. An account that hangs takes an eighth,
 * which hardly delays the others. Seven tenants that hang at once leave only the spared slots.
 */
const ACCOUNTS_AT_ONCE = 8;

/** Workers and slots that follow from `--concurrency`. */
export interface Lanes {
  readonly workers: { readonly concurrency: number; readonly urgentConcurrency: number };
  /** Concurrent searches for offers and reads of single instances. */
  readonly readSlots: number;
  /** Concurrent create requests. */
  readonly createSlots: number;
  /** GpuPods that wait at once for their SSH key to be registered. */
  readonly keySlots: number;
  /** The most of each kind that one account holds. The GpuAccounts of one namespace together hold one more. */
  readonly slotsPerAccount: number;
}

/**
 * Work that waits for the provider holds a slot of its kind, and there are fewer slots than workers. A provider that
 * hangs therefore leaves `concurrency` workers for everything else, and terminations need none of them.
 */
export function planLanes(concurrency: number, hasAccounts: boolean): Lanes {
  const slotsPerAccount = Math.max(1, Math.floor(concurrency / 2));
  const slots = hasAccounts ? ACCOUNTS_AT_ONCE * slotsPerAccount : slotsPerAccount;
  return {
    workers: { concurrency: concurrency + 3 * slots, urgentConcurrency: URGENT_WORKERS },
    readSlots: slots,
    createSlots: slots,
    keySlots: slots,
    slotsPerAccount,
  };
}

interface LaneFacts {
  readonly localState: LocalState | undefined;
  /** A slot is kept for the GpuPod. */
  readonly isCalled: boolean;
}

/**
 * A GpuPod is urgent if it may have an instance to terminate: it is being deleted, was deleted, is suspended with an
 * instance, has begun a termination, or has an instance that its status does not name. One for which a slot is kept comes
 * before those that would find none.
 */
export function laneOf(object: KubernetesObject | undefined, { localState, isCalled }: LaneFacts): Lane {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
    return 'urgent';
  }
  const hasSurplus =
    localState?.unbound !== undefined || Object.keys(localState?.duplicates ?? {}).length > 0;
  if (hasSurplus || isTerminating(object)) {
    return 'urgent';
  }
  return isCalled ? 'called' : 'normal';
}

/** Reads without the schema, because the queue asks for each key that it adds. */
function isTerminating(object: KubernetesObject): boolean {
  const status = recordAt(object, 'status');
  if (stringAt(status, 'podId') === undefined) {
    return false;
  }
  const attempts = status['attempts'];
  const last: unknown = Array.isArray(attempts) ? attempts.at(-1) : undefined;
  const isBegun = stringAt(last, 'ending') !== undefined && stringAt(last, 'outcome') === undefined;
  return isBegun || recordAt(object, 'spec')['suspend'] === true;
}
