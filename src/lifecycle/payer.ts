import { DEFAULT_ACCOUNT_NAME } from '../api/common/names.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import type { MicroUsd } from '../offers/money.ts';
import { accountName, administratorOf } from './account-identity.ts';
import type { AccountReference } from './account-identity.ts';
import { whileRented, withRules } from './account-rules.ts';
import type { AccountRules, Policy } from './settings.ts';

/** An account, as far as it matters who may rent with it. */
export interface KnownAccount {
  readonly reference: AccountReference;
  /** Team whose wallet pays; undefined: the wallet of the key's user. */
  readonly teamId: string | undefined;
  /** Its limits and defaults; absent: it has none. */
  readonly rules?: AccountRules;
  readonly isSuspended: boolean;
  readonly isDeleting: boolean;
  /**
   * The account selects the namespace in question, or is in it. Undefined while the labels of the namespace are
   * unknown.
   */
  readonly isForNamespace: boolean | undefined;
  /** Why this version cannot read the account. It pays for nothing, and nobody else pays in its place. */
  readonly unreadable?: string;
}

/** The accounts of the cluster, as seen from one namespace. */
export interface KnownAccounts {
  /** False if the operator watches only some namespaces, and so no ClusterGpuAccounts. */
  readonly hasClusterAccounts: boolean;
  find(reference: AccountReference): KnownAccount | undefined;
  /** The default ClusterGpuAccounts that select the namespace, or may do so. */
  defaults(): readonly KnownAccount[];
}

/** Why no account pays: a reason of Synced, and a sentence that names the field and who can change it. */
export interface PayerProblem {
  readonly reason: 'AccountNotFound' | 'AmbiguousAccount' | 'AccountSuspended' | 'NotAllowed' | 'Starting';
  readonly message: string;
  /** Nobody knows whose list shows what a deleted GpuPod may have, so it is not released. */
  readonly holdsDeletion?: true;
}

/** Who pays for the next instance: an account, the operator's own API key, or nobody. */
export type Payer =
  | { readonly kind: 'operator' }
  | { readonly kind: 'account'; readonly account: KnownAccount }
  | { readonly kind: 'none'; readonly problem: PayerProblem };

const OPERATOR: Payer = { kind: 'operator' };

/**
 * Chooses who pays for the next instance of a GpuPod: the account that it names, else the GpuAccount `default` of its
 * namespace, else the one default ClusterGpuAccount that selects the namespace, else the operator's own API key.
 *
 * @param known undefined: this operator serves no accounts
 */
export function choosePayer(gpuPod: GpuPod, known: KnownAccounts | undefined): Payer {
  const candidate = findCandidate(gpuPod, known);
  return candidate.kind === 'account' ? usable(gpuPod, candidate.account) : candidate;
}

/**
 * The account that the spec falls on, whether or not it may rent now. Its API key sees what a deleted GpuPod without a
 * record may have.
 */
export function findCandidate(gpuPod: GpuPod, known: KnownAccounts | undefined): Payer {
  const candidate = fallsOn(gpuPod, known);
  return candidate.kind === 'account' && candidate.account.unreadable !== undefined
    ? unreadable(gpuPod, candidate.account)
    : candidate;
}

function fallsOn(gpuPod: GpuPod, known: KnownAccounts | undefined): Payer {
  const { accountRef } = gpuPod.spec;
  if (known === undefined) {
    return accountRef === undefined ? OPERATOR : none('NotAllowed', NOT_SERVED);
  }
  if (accountRef !== undefined) {
    return named(gpuPod, accountRef, known);
  }
  const own = known.find({ kind: 'GpuAccount', name: DEFAULT_ACCOUNT_NAME });
  const accounts = own === undefined ? known.defaults() : [own];
  const [account] = accounts;
  if (account === undefined) {
    return OPERATOR;
  }
  // A default that is passed over by mistake would make another account pay.
  if (accounts.some(({ isForNamespace }) => isForNamespace === undefined)) {
    return NAMESPACE_UNKNOWN;
  }
  return accounts.length > 1 ? ambiguous(accounts) : { kind: 'account', account };
}

/** What an account says of itself when it cannot be read. */
export function unreadableMessage(name: string, problems: string): string {
  return `${name} cannot be read by this version of the operator (${problems}). Correct it, or apply the CRDs of this version.`;
}

function unreadable({ metadata }: GpuPod, { reference, unreadable: problems = '' }: KnownAccount): Payer {
  return none('AccountNotFound', unreadableMessage(accountName(reference, metadata.namespace), problems));
}

/** The watch of namespaces requeues the GpuPods of each namespace that it shows. */
const NAMESPACE_UNKNOWN = none(
  'Starting',
  'The labels of the namespace have not been read, so nobody knows which ClusterGpuAccount pays, and nothing is rented. If this lasts, let the operator list and watch namespaces (the ClusterRole of accounts).',
);

const NOT_SERVED =
  'spec.accountRef: this operator serves no accounts (--gpu-accounts=false). Remove the field, or ask whoever runs the operator to serve them.';

function named({ metadata }: GpuPod, reference: AccountReference, known: KnownAccounts): Payer {
  const name = accountName(reference, metadata.namespace);
  if (reference.kind === 'ClusterGpuAccount' && !known.hasClusterAccounts) {
    return none(
      'NotAllowed',
      'spec.accountRef.kind: this operator watches some namespaces only, and so serves no ClusterGpuAccounts. Name a GpuAccount of this namespace.',
    );
  }
  const account = known.find(reference);
  if (account === undefined) {
    return none(
      'AccountNotFound',
      `spec.accountRef: ${name} does not exist. Correct the field, or ask ${administratorOf(reference)} to create the account.`,
    );
  }
  return { kind: 'account', account };
}

function usable({ metadata }: Pick<GpuPod, 'metadata'>, account: KnownAccount): Payer {
  const name = accountName(account.reference, metadata.namespace);
  if (account.isForNamespace === undefined) {
    return NAMESPACE_UNKNOWN;
  }
  if (!account.isForNamespace) {
    return none(
      'NotAllowed',
      `spec.accountRef: ${name} does not select namespace ${metadata.namespace} (spec.namespaceSelector). Name another account, or ask a cluster administrator.`,
    );
  }
  if (account.isDeleting) {
    return none(
      'AccountSuspended',
      `${name} is being deleted, so nothing new is rented with it. Name another account in spec.accountRef, or ask ${administratorOf(account.reference)}.`,
    );
  }
  return account.isSuspended
    ? none(
        'AccountSuspended',
        `${name} is suspended (spec.suspend), so nothing new is rented with it. Name another account in spec.accountRef, or ask ${administratorOf(account.reference)} to resume it.`,
      )
    : { kind: 'account', account };
}

function ambiguous(accounts: readonly KnownAccount[]): Payer {
  const names = accounts.map(({ reference }) => reference.name).toSorted();
  return none(
    'AmbiguousAccount',
    `Several default ClusterGpuAccounts select this namespace (${names.slice(0, 3).join(', ')}). Name one in spec.accountRef, or ask a cluster administrator to leave one with spec.isDefault.`,
  );
}

function none(reason: PayerProblem['reason'], message: string): Payer {
  return { kind: 'none', problem: { reason, message } };
}

/**
 * What the operator's settings allow with an account. Their limits hold for every account. Teams and the default SSH
 * key belong to the user of the operator's own key, so they hold for no other.
 */
export function policyFor(
  policy: Policy,
  { teamId, rules }: Partial<Pick<KnownAccount, 'teamId' | 'rules'>>,
): Policy {
  const own = withoutOwnKey(policy, teamId);
  return rules === undefined ? own : withRules(own, rules);
}

/**
 * The same for what the account rented already.
 *
 * @param capSent the cap in the create request
 */
export function policyWhileRented(
  policy: Policy,
  { teamId, rules }: Partial<Pick<KnownAccount, 'teamId' | 'rules'>>,
  capSent: MicroUsd | undefined,
): Policy {
  const own = withoutOwnKey(policy, teamId);
  return rules === undefined ? own : whileRented(own, rules, capSent);
}

function withoutOwnKey(policy: Policy, teamId: string | undefined): Policy {
  const { defaultTeamId: _team, defaultSshKeyId: _key, ...limits } = policy;
  return { ...limits, allowedTeamIds: [], ...(teamId === undefined ? {} : { defaultTeamId: teamId }) };
}
