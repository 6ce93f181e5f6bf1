import { createHmac } from 'node:crypto';
import { oncePerObject } from '../api/common/once-per-object.ts';
import { RecentValues } from '../api/common/recent-values.ts';
import type { GpuPodStatus } from '../api/gpupod/status.ts';
import type { Intent } from './intent.ts';
import { canonicalJson } from './spec-hash.ts';

/** The account in a status: who pays for the instance. */
export type StatedAccount = NonNullable<GpuPodStatus['account']>;

/**
 * Signs the instance IDs that the operator writes into a status, together with the account that pays.
 *
 * People rename instances on the provider's web page, so a name alone cannot prove ownership. Others can edit a
 * status, so an ID alone cannot either, and an edited account would make the operator look for the instance where it
 * cannot be. The signature proves both.
 */
export interface IdProofs {
  /**
   * The value that `status.podIdProof` must have for this GpuPod, ID and account. Without an account: the value of
   * earlier versions, which signed the ID only. Undefined without a key: then only the name counts.
   */
  readonly of: (podId: string, account?: StatedAccount) => string | undefined;
  /** The value that `proof` of this create intent must have in the namespace of this GpuPod. Undefined without a key. */
  readonly ofIntent: (intent: Intent) => string | undefined;
  /** Whether another GpuPod has a valid proof for the same ID. */
  readonly isProvenElsewhere: (podId: string) => boolean;
}

interface ObjectIdentity {
  readonly namespace: string;
  readonly uid: string;
}

export function proveId(
  key: string,
  { namespace, uid }: ObjectIdentity,
  podId: string,
  account?: StatedAccount,
): string {
  const signed = [namespace, uid, podId];
  const { kind = null, name = null, origin = null, userId = null } = account ?? {};
  return sign(key, JSON.stringify(account === undefined ? signed : [...signed, kind, name, origin, userId]));
}

/** Each decision about a GpuPod checks its signatures, which took a twentieth of the processor time of a burst. */
const recent = new RecentValues<string>({ maxTextChars: 4_096, maxValues: 500 });

function sign(key: string, text: string): string {
  return recent.use(`${key}\n${text}`, () => createHmac('sha256', key).update(text).digest('base64url'));
}

/**
 * Whether the operator wrote the ID in this status, and the account beside it. Earlier versions signed the ID only: few
 * statuses are as old, so that signature is tried last.
 */
export function isProvenStatus(
  { of }: Pick<IdProofs, 'of'>,
  { podId, podIdProof, account }: Pick<GpuPodStatus, 'podId' | 'podIdProof' | 'account'>,
): boolean {
  return (
    podId !== undefined &&
    podIdProof !== undefined &&
    ((account !== undefined && podIdProof === of(podId, account)) || podIdProof === of(podId))
  );
}

/**
 * Signs a create intent for GpuPods of this namespace: a restored GpuPod has another UID. Not signed is how long the
 * request may take, which is known only at the write and is bounded.
 */
export function proveIntent(key: string, namespace: string, intent: Intent): string {
  return sign(key, `["intent",${JSON.stringify(namespace)},${signedJson(intent)}]`);
}

/** Each decision checks the signature, and sorting the keys takes longer than to sign. */
const signedJson = oncePerObject(
  ({ proof: _proof, sendWithinMs: _sendWithinMs, ...signed }: Intent): string => canonicalJson(signed),
);

/** Whether the operator wrote this create intent as it is. Earlier versions signed none. */
export function isProvenIntent({ ofIntent }: Pick<IdProofs, 'ofIntent'>, intent: Intent): boolean {
  return intent.proof !== undefined && intent.proof === ofIntent(intent);
}
