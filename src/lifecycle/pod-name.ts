import { createHash } from 'node:crypto';

/**
 * Names of pods at the provider. The API has no labels and no idempotency key: the name is the only mark
 * that a pod can carry, and what is found by it after an answer was lost.
 *
 * `gp-<installation, 6>-<hash of namespace/uid, 10>-<attempt>-<namespace>-<name>`, at most 63 characters.
 * The *front* (the first three parts) says whose it is; the rest is for people on the provider's web page.
 */

const MAX_NAME_LENGTH = 63;
const HASH_LENGTH = 10;
const OURS = /^gp-([a-z0-9]{6})-([a-z0-9]{10})-([0-9]{1,6})(?:-|$)/;
/** A pod with a higher number in its name would not be recognised. */
export const MAX_ATTEMPT_NUMBER = 999_999;

export interface PodNameParts {
  readonly installation: string;
  readonly objectHash: string;
  readonly attempt: number;
}

interface ObjectIdentity {
  readonly namespace: string;
  readonly uid: string;
}

/** Hash of an object's namespace and uid, as it stands in the names of its pods. */
export function objectHash(identity: ObjectIdentity): string {
  return createHash('sha256')
    .update(`${identity.namespace}/${identity.uid}`)
    .digest('hex')
    .slice(0, HASH_LENGTH);
}

/** What all pods of one object have in front of their names, in lower case. */
export function podNameFront(installation: string, identity: ObjectIdentity): string {
  return `gp-${installation}-${objectHash(identity)}`;
}

export function podName(
  installation: string,
  identity: ObjectIdentity & { readonly name: string },
  attempt: number,
): string {
  const tail = `${identity.namespace}-${identity.name}`.replaceAll(/[^a-z0-9-]+/gi, '-');
  const whole = `${podNameFront(installation, identity)}-${String(attempt)}-${tail}`;
  return whole.slice(0, MAX_NAME_LENGTH).replace(/-+$/, '');
}

/** The parts of a name that an operator gave; undefined for the names of others. Case does not count. */
export function parsePodName(name: string | undefined): PodNameParts | undefined {
  const match = OURS.exec(name?.toLowerCase() ?? '');
  if (match === null) {
    return undefined;
  }
  const [, installation = '', hash = '', attempt = ''] = match;
  return { installation, objectHash: hash, attempt: Number(attempt) };
}

export function frontOf(parts: PodNameParts): string {
  return `gp-${parts.installation}-${parts.objectHash}`;
}

/** Names are compared without case: upstreams are known to change it. */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}
