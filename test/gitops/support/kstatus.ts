import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { conditionsIn, observedGenerationIn } from './objects.ts';

export type Kstatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/**
 * The status of a custom resource by the rules that kstatus documents for all of them. Flux without `healthCheckExprs`,
 * kpt and Config Sync use these rules. The first of Reconciling and Stalled in the list decides, then Ready.
 */
export function kstatusOf(object: RawObject): Kstatus {
  const { deletionTimestamp, generation } = object.metadata;
  const observed = observedGenerationIn(object);
  if (deletionTimestamp !== undefined) {
    return 'Terminating';
  }
  if (observed !== undefined && generation !== undefined && observed !== generation) {
    return 'InProgress';
  }
  const conditions = conditionsIn(object);
  const abnormal = conditions.find(
    ({ type, status }) => (type === 'Reconciling' || type === 'Stalled') && status === 'True',
  );
  if (abnormal !== undefined) {
    return abnormal.type === 'Stalled' ? 'Failed' : 'InProgress';
  }
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}
