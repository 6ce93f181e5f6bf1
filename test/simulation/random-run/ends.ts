import { isDeepStrictEqual } from 'node:util';
import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { comparableStatus } from '../oracles.ts';
import type { RunPlan } from './plan.ts';

/** What the GpuPods of a town have come to at the end of one wave, by key. */
export type Ends = ReadonlyMap<string, unknown>;

export function endsOf(objects: readonly RawObject[]): Ends {
  return new Map(
    objects.map((object) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, endOf(object)]),
  );
}

/**
 * What must not depend on what befell the town. Which of the fitting offers was taken does: some refused, or are left
 * alone for a while; and so does the cap it was ordered under: people change it.
 */
function endOf(object: RawObject): unknown {
  const status = recordAt(object, 'status');
  const compared = comparableStatus(status);
  const { offer: _offer, pricePerHour: _price, maxPrice: _cap, ...rest } = isRecord(compared) ? compared : {};
  return { ...rest, gpuType: stringAt(recordAt(status, 'offer'), 'gpuType') };
}

/** GpuPods that are in both towns, and have not come to the same. */
export function differences(calm: Ends, objects: readonly RawObject[]): readonly string[] {
  return [...endsOf(objects)].flatMap(([key, end]) => {
    const wanted = calm.get(key);
    return wanted === undefined || isDeepStrictEqual(wanted, end)
      ? []
      : [`${key} is ${JSON.stringify(end)}, and would be ${JSON.stringify(wanted)} had nothing happened`];
  });
}

/** The same lives, and nothing befalls them. */
export function withoutFaults(plan: RunPlan): RunPlan {
  return { ...plan, lagMs: 0, waves: plan.waves.map(({ lives }) => ({ lives, coming: [], going: [] })) };
}
