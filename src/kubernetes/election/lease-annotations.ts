import type { Lease } from './lease.ts';

/**
 * Annotations that each renewal writes, for data that must outlive the process and changes too often for writes of
 * its own.
 */
export interface LeaseAnnotations {
  /** Called with the annotations of a Lease that another process holds, at each read by a standby. */
  onHeldByOther?: (annotations: Readonly<Record<string, string>>) => void;
  /** Called with the annotations of the last holder when the Lease is taken, before `onStartedLeading`. */
  onTaken: (annotations: Readonly<Record<string, string>>) => void;
  /** The annotations that the next renewal writes. Others stay unchanged. */
  next: () => Readonly<Record<string, string>>;
  /** Called with the annotations that were written. */
  onWritten: (annotations: Readonly<Record<string, string>>) => void;
}

/** The Lease with these annotations added; the same Lease if there are none. */
export function withAnnotations(lease: Lease, annotations: Readonly<Record<string, string>>): Lease {
  if (Object.keys(annotations).length === 0) return lease;
  const { metadata } = lease;
  return { ...lease, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}
