import { createHash } from 'node:crypto';

/**
 * Names of instances at the provider. The API has no labels and no idempotency key: the name is the only mark
 * that an instance can carry, and what is searched for when an answer was lost.
 *
 * `gp-<installation, 6>-<hash of namespace/uid, 26>-<attempt>-<namespace>-<name>`, at most 63 characters.
 * The *name prefix* (the first three parts) says whose it is. With the attempt it takes at most 43 characters, so it
 * survives upstream providers that cut names; the rest is for people on the provider's web page.
 */

export const MAX_NAME_LENGTH = 63;
/** 130 bits: nobody finds a second uid with the same hash. */
const HASH_LENGTH = 26;
/** Earlier versions wrote 40 bits, which somebody can search for: such names are nobody's but the object's own. */
const EARLIER_HASH_LENGTH = 10;
/**
 * Upstream providers put something before a name, cut its end, or change case and separators. What is found must be
 * whole: a part of a longer word, hash or number is something else. The first match counts, because what follows it
 * is chosen by users.
 */
const OURS =
  /(?<![a-z0-9])gp[-_. ]([a-z0-9]{6})[-_. ]([0-9a-v]{26}|[0-9a-z]{10})[-_. ]([0-9]{1,6})(?![a-z0-9])/;
/** An instance with a higher number in its name would not be recognised. */
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

/** Hash of an object's namespace and uid, as it stands in the names of its instances. */
export function objectHash(identity: ObjectIdentity): string {
  // Five bits a character, of letters and digits that survive a change of case.
  return BigInt(`0x${digestOf(identity)}`)
    .toString(32)
    .padStart(HASH_LENGTH, '0')
    .slice(-HASH_LENGTH);
}

/** The hashes that names of this object's instances may carry, those that earlier versions gave included. */
export function objectHashes(identity: ObjectIdentity): readonly string[] {
  return [objectHash(identity), digestOf(identity).slice(0, EARLIER_HASH_LENGTH)];
}

/** Whether the hash says enough to tell one object from all others: those of earlier versions do not. */
export function isUnforgeable({ objectHash: hash }: PodNameParts): boolean {
  return hash.length === HASH_LENGTH;
}

/** What all instances of one object have in front of their names, in lower case. */
export function podNamePrefix(installation: string, identity: ObjectIdentity): string {
  return `gp-${installation}-${objectHash(identity)}`;
}

/** The same, with what earlier versions wrote. */
export function podNamePrefixes(installation: string, identity: ObjectIdentity): readonly string[] {
  return objectHashes(identity).map((hash) => `gp-${installation}-${hash}`);
}

export function podName(
  installation: string,
  identity: ObjectIdentity & { readonly name: string },
  attempt: number,
): string {
  const tail = `${identity.namespace}-${identity.name}`.replaceAll(/[^a-z0-9-]+/gi, '-');
  const whole = `${podNamePrefix(installation, identity)}-${String(attempt)}-${tail}`;
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

export function namePrefixOf(parts: PodNameParts): string {
  return `gp-${parts.installation}-${parts.objectHash}`;
}

/** Whether two names are those of one attempt, however the provider changed what surrounds prefix and attempt. */
export function isSameAttempt(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [parsePodName(a), parsePodName(b)];
  return one === undefined || other === undefined
    ? sameName(a, b)
    : namePrefixOf(one) === namePrefixOf(other) && one.attempt === other.attempt;
}

/** Names are compared without case: upstreams are known to change it. */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}

function digestOf({ namespace, uid }: ObjectIdentity): string {
  return createHash('sha256').update(`${namespace}/${uid}`).digest('hex');
}
