import { ACCOUNT_PLURALS, GROUP, VERSION } from '../../src/api/common/names.ts';
import type { AccountKind } from '../../src/api/common/names.ts';
import type { ConnectAccount } from '../../src/accounts/connection.ts';
import { keyOfAccount } from '../../src/composition/prime.ts';
import { GpuAccountController } from '../../src/controllers/gpuaccount/gpu-account-controller.ts';
import type { AccountsOfKind } from '../../src/controllers/gpuaccount/gpu-account-controller.ts';
import type { SecretWatchesOptions } from '../../src/controllers/gpuaccount/secret-watches.ts';
import { usageReader } from '../../src/controllers/gpupod/accounts/account-records.ts';
import type { AccountViews } from '../../src/controllers/gpupod/accounts/known-accounts.ts';
import type { ServedAccounts } from '../../src/controllers/gpupod/accounts/account-watches.ts';
import type { GpuPodController } from '../../src/controllers/gpupod/gpu-pod-controller.ts';
import type { ClusterPorts } from '../../src/controllers/gpupod/gpu-pod-options.ts';
import type { Log } from '../../src/kubernetes/log.ts';
import { heldApiKey } from '../../src/prime/api-key.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { Provider } from '../../src/lifecycle/provider.ts';
import { bookFreeTurn } from '../support/free-turn.ts';
import type { ProcessClock } from './process-clock.ts';
import type { CallCluster } from './process-ports.ts';
import { providerWithKeys } from './simulated-provider.ts';
import { received } from './watched-view.ts';
import type { WatchedKind, WatchedView } from './watched-view.ts';

interface Parts {
  readonly clock: ProcessClock;
  readonly exchanger: Exchanger;
  readonly log: Log;
  readonly call: CallCluster;
  readonly name: string;
  /** The operator's own namespace. */
  readonly namespace: string;
  readonly random: () => number;
  /** Whether requests of each account pass a rate limiter of its own. */
  readonly isRateLimited: boolean;
  /** Replaces a part, to plant a bug. */
  readonly plant: {
    readonly provider?: (real: Provider) => Provider;
    readonly accounts?: (real: AccountViews) => AccountViews;
  };
  readonly viewOf: (resource: WatchedKind) => WatchedView;
  readonly watchSecret: SecretWatchesOptions['watch'];
}

/** The accounts of one simulated process: the real controller, and real clients with the keys that it finds. */
export class ProcessAccounts {
  readonly served: ServedAccounts;
  readonly #parts: Parts;
  readonly #views: Readonly<Record<AccountKind | 'Namespace', WatchedView>>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const ofKind = (kind: AccountKind): WatchedView =>
      parts.viewOf({ group: GROUP, version: VERSION, plural: ACCOUNT_PLURALS[kind] });
    const views = {
      GpuAccount: ofKind('GpuAccount'),
      ClusterGpuAccount: ofKind('ClusterGpuAccount'),
      Namespace: parts.viewOf({ group: '', version: 'v1', plural: 'namespaces' }),
    };
    this.#views = views;
    const seen: AccountViews = {
      gpuAccounts: views.GpuAccount.store,
      cluster: { accounts: views.ClusterGpuAccount.store, namespaces: views.Namespace.store },
    };
    this.served = {
      views: parts.plant.accounts?.(seen) ?? seen,
      sources: {
        gpuAccounts: views.GpuAccount.source,
        cluster: { accounts: views.ClusterGpuAccount.source, namespaces: views.Namespace.source },
      },
      connect: this.#connector(),
    };
  }

  start(controller: GpuPodController, gpuPods: WatchedView, { secrets, events }: ClusterPorts): void {
    const { accountSessions: sessions } = controller;
    if (sessions === undefined) throw new Error('the controller serves no accounts');
    const { clock, log, namespace, random, call, name: processName } = this.#parts;
    const accounts = new GpuAccountController({
      clock,
      log,
      kinds: { GpuAccount: this.#ofKind('GpuAccount'), ClusterGpuAccount: this.#ofKind('ClusterGpuAccount') },
      gpuPods: gpuPods.source,
      usageOf: usageReader(
        gpuPods.store,
        clock,
        controller.accounts.own.reservations,
        controller.provenHoldings,
      ),
      sessions,
      secrets: {
        get: async (target) => await secrets.get(target),
        applyFinalizers: async (secret, finalizers) => {
          await call('APPLY secrets', (server) => server.applyFinalizers(secret, finalizers, processName));
        },
        watch: this.#parts.watchSecret,
      },
      events,
      namespace,
      random,
    });
    controller.protectAccountsBy(async (name) => await accounts.protect(name));
    controller.onAccountChanged((name) => {
      accounts.onAccountChanged(name);
    });
    accounts.start();
  }

  breakWatches(ms: number): void {
    for (const view of Object.values(this.#views)) view.breakFor(ms);
  }

  close(): void {
    for (const view of Object.values(this.#views)) view.close();
  }

  #ofKind(kind: AccountKind): AccountsOfKind {
    const plural = ACCOUNT_PLURALS[kind];
    const { source, store } = this.#views[kind];
    const { call, name } = this.#parts;
    return {
      source,
      view: store,
      api: {
        replaceStatus: async (object) =>
          await call(`PUT ${plural}/status`, (server) =>
            received(plural, server.replaceStatus(object, name, plural)),
          ),
        patchMetadata: async (patch) =>
          await call(`PATCH ${plural} finalizers`, (server) =>
            received(plural, server.patchMetadata(patch, name, plural)),
          ),
      },
      whenCrdCompared: async () => {
        await Promise.resolve();
      },
    };
  }

  #connector(): ConnectAccount {
    const { exchanger, clock, random, isRateLimited, plant } = this.#parts;
    return () => {
      const keys = heldApiKey('not read yet');
      const limiter = isRateLimited ? createRateLimiter({ clock, random }) : undefined;
      const provider = providerWithKeys(exchanger, clock, keys, limiter);
      return {
        provider: plant.provider?.(provider) ?? provider,
        bookCreateTurn: () => limiter?.bookCreate() ?? bookFreeTurn(),
        ...keyOfAccount(keys),
        close: () => undefined,
      };
    };
  }
}
