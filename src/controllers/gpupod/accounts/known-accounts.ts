import { parseGpuAccount } from '../../../api/gpuaccount/gpu-account.ts';
import type { GpuAccount } from '../../../api/gpuaccount/gpu-account.ts';
import { selects } from '../../../api/gpuaccount/selects.ts';
import { recordAt } from '../../../json.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import { accountKey, accountName } from '../../../lifecycle/account-identity.ts';
import type { KnownAccount, KnownAccounts } from '../../../lifecycle/payer.ts';
import type { AccountRules } from '../../../lifecycle/settings.ts';

interface View {
  get(key: string): KubernetesObject | undefined;
  list(): readonly KubernetesObject[];
}

/** The accounts and namespaces of the cluster, as this process last saw them. */
export interface AccountViews {
  readonly gpuAccounts: View;
  /** Absent if the operator watches only some namespaces. */
  readonly cluster?: { readonly accounts: View; readonly namespaces: View } | undefined;
}

/**
 * The accounts as seen from one namespace. One that this version cannot read is among them, so that a GpuPod that falls
 * on it waits instead of having somebody else pay.
 */
export function knownAccounts({ gpuAccounts, cluster }: AccountViews, namespace: string): KnownAccounts {
  const seen = cluster?.namespaces.get(namespace)?.metadata;
  const known = (account: GpuAccount): KnownAccount => ({
    reference: { kind: account.kind, name: account.metadata.name },
    teamId: account.spec.teamId,
    rules: rulesOf(account),
    isSuspended: account.spec.suspend,
    isDeleting: account.metadata.deletionTimestamp !== undefined,
    isForNamespace: account.kind === 'GpuAccount' || isSelected(account, seen),
  });
  const read = (object: KubernetesObject): KnownAccount => {
    const parsed = parseGpuAccount(object);
    return parsed.kind === 'ok' ? known(parsed.account) : unreadable(object, parsed.problems);
  };
  return {
    hasClusterAccounts: cluster !== undefined,
    find: ({ kind, name }) => {
      const object =
        kind === 'GpuAccount' ? gpuAccounts.get(`${namespace}/${name}`) : cluster?.accounts.get(name);
      return object === undefined ? undefined : read(object);
    },
    defaults: () =>
      (cluster?.accounts.list() ?? [])
        .filter((object) => recordAt(object, 'spec')['isDefault'] === true)
        .map(read)
        .filter(({ isForNamespace }) => isForNamespace !== false),
  };
}

function rulesOf({ kind, metadata, spec }: GpuAccount): AccountRules {
  const name = accountName({ kind, name: metadata.name }, metadata.namespace ?? '');
  return { name, limits: spec.limits, defaults: spec.defaults };
}

/** The names of all accounts, as their sessions have them, and whether this version can read each. */
export function accountNames({
  gpuAccounts,
  cluster,
}: AccountViews): readonly { readonly name: string; readonly isReadable: boolean }[] {
  return [...gpuAccounts.list(), ...(cluster?.accounts.list() ?? [])].map((object) => {
    const { name, namespace } = object.metadata;
    const kind = namespace === undefined ? 'ClusterGpuAccount' : 'GpuAccount';
    return {
      name: accountKey({ kind, name }, namespace ?? ''),
      isReadable: parseGpuAccount(object).kind === 'ok',
    };
  });
}

/** A namespace that is not in the watch cache must not count as one without labels. */
function isSelected(
  { spec }: GpuAccount,
  namespace: KubernetesObject['metadata'] | undefined,
): boolean | undefined {
  return namespace === undefined ? undefined : selects(spec.namespaceSelector, namespace.labels ?? {});
}

/** Nobody knows which namespaces it selects, so it may be for any. */
function unreadable(
  { metadata: { name, namespace, deletionTimestamp } }: KubernetesObject,
  problems: string,
): KnownAccount {
  return {
    reference: { kind: namespace === undefined ? 'ClusterGpuAccount' : 'GpuAccount', name },
    teamId: undefined,
    isSuspended: false,
    isDeleting: deletionTimestamp !== undefined,
    isForNamespace: true,
    unreadable: problems,
  };
}
