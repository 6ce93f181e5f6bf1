import { createHmac } from 'node:crypto';

/**
 * Signs the instance IDs that the operator writes into a status.
 *
 * People rename instances on the provider's web page, so a name alone cannot prove ownership. Others can edit a
 * status, so an ID alone cannot either. The signature can.
 */
export interface IdProofs {
  /**
   * The value that `status.podIdProof` must have for this GpuPod and ID. Undefined without a key: then only the name
   * counts.
   */
  readonly of: (podId: string) => string | undefined;
  /** Whether another GpuPod has a valid proof for the same ID. */
  readonly isProvenElsewhere: (podId: string) => boolean;
}

interface ObjectIdentity {
  readonly namespace: string;
  readonly uid: string;
}

export function proveId(key: string, { namespace, uid }: ObjectIdentity, podId: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([namespace, uid, podId]))
    .digest('base64url');
}
