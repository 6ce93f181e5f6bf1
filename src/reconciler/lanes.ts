import { recordAt, stringAt } from '../json.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Lane } from '../kubernetes/work-queue.ts';
import type { LocalState } from '../lifecycle/local-state.ts';

/** Workers for instances that are to be terminated: as many DELETEs may hang before one has to wait. */
const URGENT_WORKERS = 128;

/** Workers and places that follow from `--concurrency`. */
export interface Lanes {
  readonly workers: { readonly concurrency: number; readonly urgentConcurrency: number };
  /** Searches for offers and single looks at instances that may be under way at once. */
  readonly readSlots: number;
  /** Create requests that may be under way at once. */
  readonly createSlots: number;
}

/**
 * Whatever waits for the provider holds a place of its kind, and there are fewer places than workers: a provider that
 * hangs leaves `concurrency` workers for everything else, and none of them is needed to terminate an instance.
 */
export function planLanes(concurrency: number): Lanes {
  const slots = Math.max(1, Math.floor(concurrency / 2));
  return {
    workers: { concurrency: concurrency + 2 * slots, urgentConcurrency: URGENT_WORKERS },
    readSlots: slots,
    createSlots: slots,
  };
}

/**
 * Urgent is what may have an instance to terminate: an object that is deleted, gone, suspended with an instance, or
 * whose termination was begun, and one with an instance that no status names.
 */
export function laneOf(object: KubernetesObject | undefined, localState: LocalState | undefined): Lane {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
    return 'urgent';
  }
  const hasSurplus =
    localState?.unbound !== undefined || Object.keys(localState?.duplicates ?? {}).length > 0;
  return hasSurplus || isTerminating(object) ? 'urgent' : 'normal';
}

/** Read without the schema: this is asked each time a key is added. */
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
