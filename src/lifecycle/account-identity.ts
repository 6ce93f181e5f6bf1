import type { AccountKind } from '../api/common/names.ts';

/** The account that an API key belongs to. A user ID identifies an account only together with the API's origin. */
export interface AccountIdentity {
  /** Absent in records of earlier versions. */
  readonly origin?: string | undefined;
  readonly userId: string;
}

/** The GpuAccount or ClusterGpuAccount that pays. A GpuAccount is in the namespace of its GpuPod. */
export interface AccountReference {
  readonly kind: AccountKind;
  readonly name: string;
}

/** Whether the same account pays. Undefined on both sides: the operator's own API key. */
export function isSamePayer(one: AccountReference | undefined, other: AccountReference | undefined): boolean {
  return one?.kind === other?.kind && one?.name === other?.name;
}

/** Identifies an account among all of the cluster. */
export function accountKey({ kind, name }: AccountReference, namespace: string): string {
  return kind === 'GpuAccount' ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

/** Names an account in a message. */
export function accountName({ kind, name }: AccountReference, namespace: string): string {
  return kind === 'GpuAccount' ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}
