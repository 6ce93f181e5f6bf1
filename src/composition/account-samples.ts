import { parseGpuAccount } from '../api/gpuaccount/gpu-account.ts';
import type { GpuAccount } from '../api/gpuaccount/gpu-account.ts';
import { isDeleting, parseGpuPod } from '../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import type { AccountSession } from '../accounts/session.ts';
import { OWN_ACCOUNT, ownerFor } from '../accounts/sums/stated.ts';
import type { Summary } from '../accounts/sums/summary.ts';
import { readyOf } from '../controllers/gpuaccount/account-status.ts';
import { sessionNameOf } from '../controllers/gpupod/accounts/account-sessions.ts';
import { knownAccounts } from '../controllers/gpupod/accounts/known-accounts.ts';
import type { AccountViews } from '../controllers/gpupod/accounts/known-accounts.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { accountName } from '../lifecycle/account-identity.ts';
import { identityOf } from '../lifecycle/account.ts';
import { sumsOf } from '../lifecycle/account-rules.ts';
import { findCandidate } from '../lifecycle/payer.ts';
import { findCondition } from '../lifecycle/status/draft.ts';
import type { AccountSample } from '../observability/account-sample.ts';

interface Session {
  readonly account: Pick<AccountSession['account'], 'state'>;
  readonly health: Pick<AccountSession['health'], 'keyProblems'>;
  readonly circuitBreakers: Pick<AccountSession['circuitBreakers'], 'reasons'>;
}

/** What the sample of accounts reads. */
export interface AccountSources {
  readonly registry: { readonly own: Session; get(name: string): Session | undefined };
  /** Undefined: this operator serves no accounts. */
  readonly views: AccountViews | undefined;
  readonly gpuPods: readonly KubernetesObject[];
}

/** Reasons of Synced for which a GpuPod waits because of the account that would pay. */
const WAITING: ReadonlySet<string> = new Set([
  'AccountSuspended',
  'BudgetExceeded',
  'CredentialsMissing',
  'Unauthorized',
  'PaymentRequired',
  'AccountChanged',
]);

/** Every account that exists, the operator's own key included. */
export function sampleAccounts(sources: AccountSources, summary: Summary): readonly AccountSample[] {
  const { registry, views } = sources;
  const waiting = waitingByAccount(sources);
  const objects = [...(views?.gpuAccounts.list() ?? []), ...(views?.cluster?.accounts.list() ?? [])];
  const own = sampleOwn(registry.own, waiting.get(OWN_ACCOUNT) ?? new Map());
  const isOwnUnused =
    views !== undefined &&
    own.waiting.size === 0 &&
    summary.ofAccount({ account: OWN_ACCOUNT, userId: undefined }).instances === 0;
  return [
    isOwnUnused ? withoutMissingKey(own) : own,
    ...objects.flatMap((object) => {
      const parsed = parseGpuAccount(object);
      return parsed.kind === 'ok'
        ? [
            sampleAccount(parsed.account, registry.get(sessionNameOf(parsed.account)), {
              summary,
              waiting,
              views,
            }),
          ]
        : [];
    }),
  ];
}

function sampleOwn(session: Session, waiting: ReadonlyMap<string, number>): AccountSample {
  const [problem] = session.health.keyProblems;
  const { state } = session.account;
  const obstacle =
    problem ??
    (state.kind === 'changed'
      ? 'AccountChanged'
      : state.kind === 'unknown'
        ? (state.failure?.reason ?? 'Checking')
        : undefined);
  return {
    account: OWN_ACCOUNT,
    isReady: obstacle === undefined,
    reason: obstacle ?? 'KeyAccepted',
    isSuspended: false,
    refused: refusalsOf(session),
    limitUsage: new Map(),
    waiting,
  };
}

/** Where every GpuPod has an account, an operator without a key of its own lacks nothing. */
function withoutMissingKey(sample: AccountSample): AccountSample {
  return { ...sample, refused: new Set([...sample.refused].filter((one) => one !== 'CredentialsMissing')) };
}

interface Counts extends Pick<AccountSources, 'views'> {
  readonly summary: Summary;
  readonly waiting: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function sampleAccount(
  account: GpuAccount,
  session: Session | undefined,
  { summary, waiting, views }: Counts,
): AccountSample {
  const name = sessionNameOf(account);
  const ready = readyOf(account.status);
  const userId = session === undefined ? undefined : identityOf(session.account.state)?.userId;
  const served = (): readonly string[] => servedBy(account, views);
  return {
    account: name,
    isReady: ready?.status === 'True',
    reason: ready?.reason ?? 'Checking',
    isSuspended: account.spec.suspend,
    refused: session === undefined ? new Set() : refusalsOf(session),
    limitUsage: limitUsageOf(account, summary, { account: name, userId, served }),
    waiting: waiting.get(name) ?? new Map(),
  };
}

/** Why the provider refuses the account: a problem of its key, another user, or an open circuit breaker. */
function refusalsOf({ account, health, circuitBreakers }: Session): ReadonlySet<string> {
  const changed = account.state.kind === 'changed' ? ['AccountChanged'] : [];
  return new Set([...health.keyProblems, ...changed, ...circuitBreakers.reasons()]);
}

/** Whose instances count towards the limits of an account. */
interface CountedFor {
  readonly account: string;
  readonly userId: string | undefined;
  readonly served: () => readonly string[];
}

/** A limit per namespace shows the fullest namespace. A limit of 0 has no room. */
function limitUsageOf(
  { kind, metadata, spec }: GpuAccount,
  summary: Summary,
  { account, userId, served }: CountedFor,
): ReadonlyMap<string, number> {
  const name = accountName({ kind, name: metadata.name }, metadata.namespace ?? '');
  const sums = sumsOf({ name, limits: spec.limits, defaults: spec.defaults });
  if (sums.length === 0) {
    return new Map();
  }
  return new Map(
    sums.map(({ path, measure, limit, isPerNamespace }) => {
      const scope = { account, userId, ...(measure === 'micros' ? { unknownPrice: limit } : {}) };
      const used = isPerNamespace
        ? [...summary.namespacesOf(scope, served).values()].reduce(
            (most, of) => Math.max(most, of[measure]),
            0,
          )
        : summary.ofAccount(scope)[measure];
      return [path, limit === 0 ? 1 : used / limit];
    }),
  );
}

/** The namespaces that the account serves, or may serve. */
function servedBy({ kind, metadata }: GpuAccount, views: AccountViews | undefined): readonly string[] {
  if (metadata.namespace !== undefined) {
    return [metadata.namespace];
  }
  const all = views?.cluster?.namespaces.list() ?? [];
  const reference = { kind, name: metadata.name };
  return all
    .map((namespace) => namespace.metadata.name)
    .filter(
      (name) => views !== undefined && knownAccounts(views, name).find(reference)?.isForNamespace !== false,
    );
}

/**
 * The GpuPods without an instance that wait because of the account that would pay, by account and reason. Other reasons
 * count while the provider refuses the whole account for them, and not only this GpuPod.
 */
function waitingByAccount({
  registry,
  views,
  gpuPods,
}: AccountSources): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const refusals = (account: string): ReadonlySet<string> => {
    const session = account === OWN_ACCOUNT ? registry.own : registry.get(account);
    return session === undefined ? new Set() : refusalsOf(session);
  };
  const waiting = gpuPods.flatMap((object) => {
    const parsed = parseGpuPod(object);
    const reason = parsed.kind === 'ok' ? waitingReasonOf(parsed.gpuPod) : undefined;
    const account = parsed.kind === 'ok' && reason !== undefined ? payerOf(parsed.gpuPod, views) : undefined;
    return reason !== undefined && account !== undefined ? [{ account, reason }] : [];
  });
  const counted = waiting.filter(
    ({ account, reason }) => WAITING.has(reason) || refusals(account).has(reason),
  );
  const byAccount = Map.groupBy(counted, ({ account }) => account);
  return new Map(
    [...byAccount].map(([account, all]) => {
      const byReason = Map.groupBy(all, ({ reason }) => reason);
      return [account, new Map([...byReason].map(([reason, { length }]) => [reason, length]))];
    }),
  );
}

function waitingReasonOf(gpuPod: GpuPod): string | undefined {
  const { status, spec } = gpuPod;
  if (status.podId !== undefined || isDeleting(gpuPod) || spec.suspend) {
    return undefined;
  }
  const synced = findCondition(status, 'Synced');
  return synced?.status === 'False' ? synced.reason : undefined;
}

function payerOf(gpuPod: GpuPod, views: AccountViews | undefined): string | undefined {
  const { namespace } = gpuPod.metadata;
  const payer = findCandidate(gpuPod, views === undefined ? undefined : knownAccounts(views, namespace));
  switch (payer.kind) {
    case 'account':
      return ownerFor(payer.account.reference, namespace).account;
    case 'operator':
      return OWN_ACCOUNT;
    case 'none':
      return undefined;
  }
}
