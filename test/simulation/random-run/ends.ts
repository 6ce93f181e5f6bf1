import { isDeepStrictEqual } from 'node:util';
import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { comparableStatus } from '../oracles.ts';
import type { RunPlan } from './plan.ts';

/** The final states of the GpuPods of a random run after one wave, by key. */
export type Ends = ReadonlyMap<string, unknown>;

export function endsOf(objects: readonly RawObject[]): Ends {
  return new Map(
    objects.map((object) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, endOf(object)]),
  );
}

/**
 * The part of the final state that must not depend on faults. The chosen offer may differ, because of
 * refusals and cooldowns, and so may the cap of the request, because people change it.
 */
function endOf(object: RawObject): unknown {
  const status = recordAt(object, 'status');
  const compared = comparableStatus(status);
  const { offer: _offer, pricePerHour: _price, maxPrice: _cap, ...rest } = isRecord(compared) ? compared : {};
  return { ...rest, gpuType: stringAt(recordAt(status, 'offer'), 'gpuType') };
}

/** GpuPods that exist in both runs and have different final states. */
export function differences(calm: Ends, objects: readonly RawObject[]): readonly string[] {
  return [...endsOf(objects)].flatMap(([key, end]) => {
    const wanted = calm.get(key);
    return wanted === undefined || isDeepStrictEqual(wanted, end)
      ? []
      : [`${key} is ${JSON.stringify(end)}, but ${JSON.stringify(wanted)} without faults`];
  });
}

/** The same lives without faults. */
export function withoutFaults(plan: RunPlan): RunPlan {
  return { ...plan, lagMs: 0, waves: plan.waves.map(({ lives }) => ({ lives, coming: [], going: [] })) };
}
