import type { AccountKind } from '../api/common/names.ts';
import { GpuAccountController } from '../controllers/gpuaccount/gpu-account-controller.ts';
import type {
  AccountsOfKind,
  GpuAccountControllerOptions,
} from '../controllers/gpuaccount/gpu-account-controller.ts';
import { usageReader } from '../controllers/gpupod/accounts/account-records.ts';
import type { ServedAccounts } from '../controllers/gpupod/accounts/account-watches.ts';
import type { GpuPodController } from '../controllers/gpupod/gpu-pod-controller.ts';
import { ObjectWatch } from '../kubernetes/cache/object-watch.ts';
import type { SharedSource } from '../kubernetes/cache/source.ts';
import { resourcePath } from '../kubernetes/client/resource-client.ts';
import { applyFinalizers, SECRETS, secretsClient } from '../kubernetes/client/secrets-client.ts';
import type { Manager } from '../kubernetes/manager.ts';
import { accountClient, accountResource, namespaceResource } from './cluster.ts';
import type { Cluster, ClusterParts } from './cluster.ts';
import { accountConnector } from './prime.ts';

/** Owns the finalizers of Secrets, apart from everything else that the operator writes. */
const IN_USE_MANAGER = 'gpupod-operator-in-use';

/** The watched accounts of this process. */
export interface WatchedAccounts {
  readonly gpuAccounts: SharedSource;
  /** Absent if only some namespaces are watched: the operator then has no rights on cluster-scoped objects. */
  readonly cluster?: { readonly accounts: SharedSource; readonly namespaces: SharedSource };
}

/** Watches the accounts, unless the settings say otherwise. Call it before the manager starts. */
export function watchAccounts(
  { config }: Pick<ClusterParts, 'config'>,
  manager: Pick<Manager, 'source'>,
): WatchedAccounts | undefined {
  const { gpuAccounts, watchNamespaces } = config.kubernetes;
  if (gpuAccounts === 'false') {
    return undefined;
  }
  const namespaced = manager.source(accountResource('GpuAccount', config));
  return watchNamespaces.length > 0
    ? { gpuAccounts: namespaced }
    : {
        gpuAccounts: namespaced,
        cluster: {
          accounts: manager.source(accountResource('ClusterGpuAccount', config)),
          namespaces: manager.source(namespaceResource(config)),
        },
      };
}

/** What the controller of GpuPods needs to serve these accounts. */
export function servedAccounts(
  { config, clock, metrics }: ClusterParts,
  watched: WatchedAccounts | undefined,
): ServedAccounts | undefined {
  if (watched === undefined) {
    return undefined;
  }
  const { gpuAccounts, cluster } = watched;
  return {
    views: {
      gpuAccounts: gpuAccounts.store,
      ...(cluster === undefined
        ? {}
        : { cluster: { accounts: cluster.accounts.store, namespaces: cluster.namespaces.store } }),
    },
    sources: { gpuAccounts, cluster },
    connect: accountConnector(config, clock, metrics),
  };
}

interface AccountControllerParts {
  readonly gpuPods: SharedSource;
  readonly controller: GpuPodController;
  readonly whenCrdCompared: (kind: AccountKind) => Promise<void>;
}

/** The controller of the accounts, which opens their sessions in that of the GpuPods; undefined if none are served. */
export function createAccountController(
  { config, clock, log, metrics }: ClusterParts,
  { transport, ports, namespace }: Cluster,
  watched: WatchedAccounts | undefined,
  { gpuPods, controller, whenCrdCompared }: AccountControllerParts,
): GpuAccountController | undefined {
  const { accountSessions: sessions } = controller;
  if (watched === undefined || sessions === undefined) {
    return undefined;
  }
  const { gpuAccounts, cluster } = watched;
  const ofKind = (kind: AccountKind, source: SharedSource): AccountsOfKind => ({
    source,
    view: source.store,
    api: accountClient(kind, transport),
    whenCrdCompared: async () => {
      await whenCrdCompared(kind);
    },
  });
  const accounts = new GpuAccountController({
    clock,
    log,
    kinds: {
      GpuAccount: ofKind('GpuAccount', gpuAccounts),
      ...(cluster === undefined ? {} : { ClusterGpuAccount: ofKind('ClusterGpuAccount', cluster.accounts) }),
    },
    gpuPods,
    usageOf: usageReader(
      gpuPods.store,
      clock,
      controller.accounts.own.reservations,
      controller.provenHoldings,
    ),
    sessions,
    secrets: {
      get: async (target) => await ports.secrets.get(target),
      applyFinalizers: async (secret, finalizers) => {
        await applyFinalizers(secretsClient(transport), secret, finalizers, IN_USE_MANAGER);
      },
      watch: secretWatcher({ config, clock, log }, transport),
    },
    events: ports.events,
    namespace,
    observer: metrics.controller('gpuaccount'),
  });
  controller.protectAccountsBy(async (name) => await accounts.protect(name));
  controller.onAccountChanged((name) => {
    accounts.onAccountChanged(name);
  });
  return accounts;
}

/** Watches single Secrets. Logs only once that it may not watch them. */
function secretWatcher(
  { config, clock, log }: Pick<ClusterParts, 'config' | 'clock' | 'log'>,
  transport: Cluster['transport'],
): GpuAccountControllerOptions['secrets']['watch'] {
  let isTold = false;
  return ({ namespace, name }, onChange) =>
    new ObjectWatch({
      ...{ transport, clock, name, onChange },
      path: resourcePath(SECRETS, namespace),
      idleTimeoutMs: config.kubernetes.watchIdleTimeoutMs,
      onForbidden: () => {
        if (!isTold) {
          isTold = true;
          log.info(
            { namespace, name },
            'not allowed to watch Secrets of accounts, reading each every few seconds',
          );
        }
      },
    });
}
