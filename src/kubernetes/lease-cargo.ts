import type { Lease } from './lease.ts';

/**
 * Annotations that ride along with each renewal: for what must outlive the process and changes too often to be written
 * for its own sake.
 */
export interface LeaseCargo {
  /** The annotations of a lease that another process holds; called at each look of a standby. */
  onHeldByOther?: (annotations: Readonly<Record<string, string>>) => void;
  /** The annotations that the last holder left; called when the lease is taken, before `onStartedLeading`. */
  onTaken: (annotations: Readonly<Record<string, string>>) => void;
  /** What the next renewal writes; others stay as they are. */
  next: () => Readonly<Record<string, string>>;
  /** These were written. */
  onWritten: (annotations: Readonly<Record<string, string>>) => void;
}

/** The lease with these annotations added; itself where there are none. */
export function withCargo(lease: Lease, cargo: Readonly<Record<string, string>>): Lease {
  if (Object.keys(cargo).length === 0) return lease;
  const { metadata } = lease;
  return { ...lease, metadata: { ...metadata, annotations: { ...metadata.annotations, ...cargo } } };
}
