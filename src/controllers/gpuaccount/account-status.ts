import { accountReason } from '../../api/gpuaccount/conditions.ts';
import type { AccountReason } from '../../api/gpuaccount/conditions.ts';
import { acceptedUser } from '../../api/gpuaccount/gpu-account.ts';
import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import { MAX_LISTED_NAMESPACES } from '../../api/gpuaccount/status.ts';
import type { AccountCondition, GpuAccountStatus } from '../../api/gpuaccount/status.ts';
import type { NamespaceUsage } from '../gpupod/accounts/account-records.ts';
import { truncateMessage } from '../../api/common/message.ts';
import { identityOf } from '../../lifecycle/account.ts';
import type { AccountIdentity } from '../../lifecycle/account-identity.ts';
import type { AccountState } from '../../lifecycle/observation.ts';
import type { Failure } from '../../lifecycle/provider.ts';
import { formatUsd, priceToMicros } from '../../offers/money.ts';
import { timestamp } from '../../lifecycle/status/timestamp.ts';

/** What the operator knows about an account now. */
export interface AccountFacts {
  readonly state: AccountState;
  /** The provider refuses the key although it accepted it before. */
  readonly isRefused: boolean;
  /** Why the Secret cannot be read any more, while the key that it held is still in use. */
  readonly unread?: string | undefined;
  readonly instances: number;
  readonly usdPerHour: number;
  readonly gpus: number;
  /** Keys of the GpuPods with an instance or an open create intent. */
  readonly holders: readonly string[];
  readonly namespaces: readonly NamespaceUsage[];
  readonly wallMs: number;
}

interface Draft {
  readonly reason: AccountReason;
  readonly message: string;
}

const HTTP_FORBIDDEN = 403;
/** Leaves room for what to do. */
const MAX_SAID_LENGTH = 240;

/** The status of an account as it should be now. */
export function draftAccountStatus(account: GpuAccount, facts: AccountFacts): GpuAccountStatus {
  const { metadata, status } = account;
  const identity = identityToRecord(account, facts.state);
  return {
    ...status,
    observedGeneration: metadata.generation,
    ...(identity === undefined ? {} : { userId: identity.userId }),
    ...(identity?.origin === undefined ? {} : { origin: identity.origin }),
    instances: facts.instances,
    gpus: facts.gpus,
    pricePerHour: roundUsd(facts.usdPerHour),
    displayPerHour: formatUsd(priceToMicros(facts.usdPerHour)),
    ...(account.kind === 'ClusterGpuAccount' ? listNamespaces(facts.namespaces) : {}),
    conditions: conditionsFrom(account, draftReady(account, facts), facts.wallMs),
  };
}

/** The most expensive namespaces. Equal ones are sorted by name, so that the list changes only with what it shows. */
function listNamespaces(
  usage: readonly NamespaceUsage[],
): Pick<GpuAccountStatus, 'namespaces' | 'otherNamespaces'> {
  const listed = usage
    .map(({ namespace, instances, gpus, usdPerHour }) => ({
      namespace,
      instances,
      gpus,
      pricePerHour: roundUsd(usdPerHour),
    }))
    .toSorted((a, b) => b.pricePerHour - a.pricePerHour || (a.namespace < b.namespace ? -1 : 1));
  return {
    namespaces: listed.slice(0, MAX_LISTED_NAMESPACES),
    otherNamespaces: Math.max(0, listed.length - MAX_LISTED_NAMESPACES),
  };
}

function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

/** The user is recorded once. A person may accept another one for the key in use. */
function identityToRecord(account: GpuAccount, state: AccountState): AccountIdentity | undefined {
  const identity = identityOf(state);
  const isFirst = account.status.userId === undefined && state.kind === 'fits';
  return isFirst || identity?.userId === acceptedUser(account) ? identity : undefined;
}

function draftReady(account: GpuAccount, facts: AccountFacts): Draft {
  const { state, holders } = facts;
  if (account.metadata.deletionTimestamp !== undefined && holders.length > 0) {
    return draftDeleting(facts);
  }
  if (state.kind === 'unknown') {
    return state.failure === undefined ? CHECKING : draftFailure(state.failure);
  }
  if (state.kind === 'changed') {
    return { reason: 'AccountChanged', message: state.message };
  }
  const lost = draftLostKey(facts);
  if (lost !== undefined) {
    return lost;
  }
  if (state.unanswered !== undefined) {
    return { reason: 'ApiUnavailable', message: state.unanswered.message };
  }
  if (state.userId === undefined) {
    return { reason: 'Forbidden', message: NO_USER };
  }
  return account.spec.suspend
    ? { reason: 'Suspended', message: 'spec.suspend is true: nothing new is rented with this account.' }
    : { reason: 'KeyAccepted', message: `The API key belongs to user ${state.userId}.` };
}

/** The key was accepted before. */
function draftLostKey({ unread, isRefused }: AccountFacts): Draft | undefined {
  if (unread !== undefined) {
    return { reason: 'CredentialsMissing', message: `${unread} ${KEPT}` };
  }
  return isRefused ? { reason: 'Unauthorized', message: REVOKED } : undefined;
}

const MAX_NAMED = 3;

function draftDeleting({ holders, usdPerHour }: AccountFacts): Draft {
  const named = holders.toSorted().slice(0, MAX_NAMED).join(', ');
  const more = holders.length > MAX_NAMED ? ` and ${String(holders.length - MAX_NAMED)} more` : '';
  const price = formatUsd(priceToMicros(usdPerHour));
  const [who, wayOut] =
    holders.length === 1
      ? [`GpuPod ${named} has`, 'Delete this GpuPod: then the account is deleted, too.']
      : [`GpuPods ${named}${more} have`, 'Delete these GpuPods: then the account is deleted, too.'];
  return {
    reason: 'Deleting',
    message: `The account is kept for what ${who} rented with it (${price} USD/h). Nothing new is rented. ${wayOut}`,
  };
}

const CHECKING: Draft = {
  reason: 'Checking',
  message: 'The provider has not been asked about the API key yet.',
};
const KEPT =
  'Nothing new is rented. The operator follows and terminates running instances with the last key, until it restarts. Let it read the Secret again.';
const REVOKED =
  'The provider refuses the API key, which it accepted before. Nothing new is rented, and running instances keep billing. Write a valid key of the same user into the Secret.';
const NO_USER =
  'The API key may not read its own user, so nothing is rented with it. Give the key the permission user:read.';

function draftFailure({ reason, message, httpStatus }: Failure): Draft {
  const said = truncateMessage(message, MAX_SAID_LENGTH);
  switch (reason) {
    case 'CredentialsMissing':
      return { reason, message };
    case 'Unauthorized':
      return httpStatus === HTTP_FORBIDDEN
        ? { reason: 'Forbidden', message: `${said} Give the key the permission user:read.` }
        : { reason, message: `${said} Write a valid key into the Secret.` };
    default:
      return { reason: 'ApiUnavailable', message };
  }
}

function conditionsFrom({ metadata, status }: GpuAccount, draft: Draft, wallMs: number): AccountCondition[] {
  const entry = accountReason(draft.reason);
  const drafts = [
    { type: 'Ready', status: entry.status },
    ...(entry.progress === undefined ? [] : [{ type: entry.progress, status: 'True' as const }]),
  ];
  return drafts.map(({ type, status: value }) => {
    const current = status.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status: value,
      observedGeneration: metadata.generation,
      lastTransitionTime: current?.status === value ? current.lastTransitionTime : timestamp(wallMs),
      reason: draft.reason,
      message: truncateMessage(draft.message),
    };
  });
}

/** The condition Ready of a status. */
export function readyOf({ conditions = [] }: GpuAccountStatus): AccountCondition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}
