import { createHmac } from 'node:crypto';

/**
 * People rename instances on the provider's web page. So that an id stays ours whatever the instance is called, and an id
 * that somebody else wrote into a status does not become ours, the operator signs the ids that it wrote down itself.
 */
export interface IdProofs {
  /** What `status.podIdProof` must say for this object and id; undefined without a key: then the name alone tells. */
  readonly of: (podId: string) => string | undefined;
  /** Another GpuPod has the same id, with a proof of its own. */
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
