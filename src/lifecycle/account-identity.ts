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

/** The reverse of `accountKey`; undefined for an account that GpuPods of this namespace cannot name. */
export function referenceOf(key: string, namespace: string): AccountReference | undefined {
  const [kind, ...names] = key.split('/');
  const [first, second] = names;
  if (kind === 'ClusterGpuAccount' && first !== undefined) {
    return { kind, name: first };
  }
  return kind === 'GpuAccount' && first === namespace && second !== undefined
    ? { kind, name: second }
    : undefined;
}

/**
 * Whose requests those of an account are, by what `accountKey` wrote. A tenant chooses how many GpuAccounts a namespace
 * has, so all of them are one tenant. The operator's own key and each ClusterGpuAccount are of the platform.
 */
export function tenantOf(key: string): { readonly tenant: string; readonly isOfPlatform: boolean } {
  const [kind, namespace, name] = key.split('/');
  return name === undefined
    ? { tenant: key, isOfPlatform: true }
    : { tenant: `${String(kind)}/${String(namespace)}`, isOfPlatform: false };
}

/** Names an account in a message by what `accountKey` wrote. */
export function accountKeyName(key: string): string {
  const [kind = '', ...names] = key.split('/');
  return names.length === 0 ? "the operator's own API key" : `${kind} ${names.join('/')}`;
}

/** Names an account in a message. */
export function accountName({ kind, name }: AccountReference, namespace: string): string {
  return kind === 'GpuAccount' ? `${kind} ${namespace}/${name}` : `${kind} ${name}`;
}

/** Who can change an account, for a message. Undefined: the operator's own settings. */
export function administratorOf(reference: Pick<AccountReference, 'kind'> | undefined): string {
  switch (reference?.kind) {
    case 'GpuAccount':
      return 'an admin of this namespace';
    case 'ClusterGpuAccount':
      return 'a cluster administrator';
    case undefined:
      return 'whoever runs the operator';
  }
}
