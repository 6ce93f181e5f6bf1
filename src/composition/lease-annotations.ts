import { SPENT_ANNOTATION } from '../api/common/names.ts';
import type { LeaseAnnotations } from '../kubernetes/election/lease-annotations.ts';
import type { DurableRecord } from '../observability/metrics.ts';
import { ownerAnnotations } from './lease-owner.ts';
import type { LeaseOwner, LeaseOwnerWatch } from './lease-owner.ts';

/**
 * Annotations that the Lease carries, because the leader renews it every few seconds anyway: the record of the
 * spending, and the owner of the process.
 */
export function leaseAnnotations(
  spent: DurableRecord,
  owner: LeaseOwner,
  watch: LeaseOwnerWatch,
): LeaseAnnotations {
  const whose = ownerAnnotations(owner);
  return {
    onHeldByOther: (annotations) => {
      watch.onHeldByOther(annotations);
    },
    onTaken: (annotations) => {
      watch.onTaken();
      spent.onTaken(annotations[SPENT_ANNOTATION]);
    },
    next: () => {
      const text = spent.next();
      return text === undefined ? whose : { ...whose, [SPENT_ANNOTATION]: text };
    },
    onWritten: ({ [SPENT_ANNOTATION]: text }) => {
      if (text !== undefined) {
        spent.onWritten(text);
      }
    },
  };
}
