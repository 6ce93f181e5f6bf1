import { hash } from 'node:crypto';

/**
 * Names of instances at the provider. The API has neither labels nor an idempotency key, so the name is the only mark
 * that an instance carries, and the only way to find it after a lost create response.
 *
 * `gp-<installation, 6>-<hash of namespace/uid, 26>-<attempt>-<namespace>-<name>`, at most 63 characters. The *name
 * prefix* (the first three parts) says whose it is. With the attempt it takes at most 43 characters, so it survives
 * upstream providers that cut names. The rest is for people on the provider's web page.
 */

export const MAX_NAME_LENGTH = 63;
/** 130 bits: nobody can find a second UID with the same hash. */
const HASH_LENGTH = 26;
/**
 * Earlier versions wrote 40 bits, which an attacker can search for. Such a name proves ownership only for the GpuPod
 * whose UID it was made from.
 */
const EARLIER_HASH_LENGTH = 10;
/**
 * Finds our part of a name. Upstream providers put text before it, cut its end, or change case and separators. The
 * match must not be part of a longer word or number. The first match counts, because users choose what follows it.
 */
const OURS =
  /(?<![a-z0-9])gp[-_. ]([a-z0-9]{6})[-_. ]([0-9a-v]{26}|[0-9a-z]{10})[-_. ]([0-9]{1,6})(?![a-z0-9])/;
/** `parsePodName` does not recognize a higher number. */
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

/** Hash of the GpuPod's namespace and UID, as it appears in the names of its instances. */
export function objectHash(identity: ObjectIdentity): string {
  return hashOf(digestOf(identity));
}

/** The hashes that names of this GpuPod's instances may carry, including the short one of earlier versions. */
export function objectHashes(identity: ObjectIdentity): readonly string[] {
  const digest = digestOf(identity);
  return [hashOf(digest), digest.slice(0, EARLIER_HASH_LENGTH)];
}

/** Whether the hash identifies one GpuPod. The short hash of earlier versions does not. */
export function isUnforgeable({ objectHash: hash }: PodNameParts): boolean {
  return hash.length === HASH_LENGTH;
}

/** The name prefix of all instances of one GpuPod, in lower case. */
export function podNamePrefix(installation: string, identity: ObjectIdentity): string {
  return `gp-${installation}-${objectHash(identity)}`;
}

/** The name prefixes of one GpuPod, including that of earlier versions. */
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

/** The parts of a name that an operator gave, in any case; undefined for any other name. */
export function parsePodName(name: string | undefined): PodNameParts | undefined {
  const match = OURS.exec(name?.toLowerCase() ?? '');
  if (match === null) {
    return undefined;
  }
  const [, installation = '', hash = '', attempt = ''] = match;
  return { installation, objectHash: hash, attempt: Number(attempt) };
}

/**
 * Whether the instance of this name can be of a GpuPod in this namespace. The name has the namespace as plain text, but
 * upstream providers cut it, and `team-a-b` can be of `team` or of `team-a`: without certainty it is possible.
 */
export function mayBeOfNamespace(name: string | undefined, namespace: string): boolean {
  const match = OURS.exec(name?.toLowerCase() ?? '');
  if (name === undefined || match === null) {
    return true;
  }
  const tail = name
    .toLowerCase()
    .slice(match.index + match[0].length)
    .replaceAll(/[^a-z0-9]+/g, '-');
  const expected = `-${namespace.replaceAll(/-+/g, '-')}-`;
  return tail.startsWith(expected) || expected.startsWith(tail);
}

export function namePrefixOf(parts: PodNameParts): string {
  return `gp-${parts.installation}-${parts.objectHash}`;
}

/** The name prefix of an instance of that name; undefined for a name that no operator gave. */
export function prefixOfName(name: string | undefined): string | undefined {
  const parts = parsePodName(name);
  return parts === undefined ? undefined : namePrefixOf(parts);
}

/**
 * The same key for all forms in which the provider may show the name of one attempt: it may cut a name at its end, so
 * name prefix and attempt identify it.
 */
export function attemptKey(podName = ''): string {
  const parts = parsePodName(podName);
  return parts === undefined ? podName.toLowerCase() : `${namePrefixOf(parts)}-${String(parts.attempt)}`;
}

/** Whether two names have the same name prefix and attempt, whatever surrounds them. */
export function isSameAttempt(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [parsePodName(a), parsePodName(b)];
  return one === undefined || other === undefined
    ? sameName(a, b)
    : namePrefixOf(one) === namePrefixOf(other) && one.attempt === other.attempt;
}

/** Ignores case, which upstream providers are known to change. */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}

function hashOf(digest: string): string {
  // Base 32 needs only digits and lower-case letters, so it survives a change of case.
  return BigInt(`0x${digest}`).toString(32).padStart(HASH_LENGTH, '0').slice(-HASH_LENGTH);
}

function digestOf({ namespace, uid }: ObjectIdentity): string {
  return hash('sha256', `${namespace}/${uid}`, 'hex');
}
