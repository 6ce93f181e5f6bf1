import { markedAccountCrd } from '../api/gpuaccount/crd.ts';
import { markedGpuPodCrd } from '../api/gpupod/crd.ts';
import type { AccountKind } from '../api/common/names.ts';
import { OPERATOR_VERSION } from '../config/version.ts';
import type { SharedSource } from '../kubernetes/cache/source.ts';
import type { Runnable } from '../kubernetes/runnable.ts';
import type { WatchedAccounts } from './accounts.ts';
import { CrdWatch } from './crd-watch.ts';
import type { CrdWatchOptions } from './crd-watch.ts';

interface AccountCrd {
  readonly kind: AccountKind;
  readonly watch: CrdWatch;
  readonly accounts: SharedSource;
}

/**
 * Compares the CRDs of all kinds that this operator serves. That of accounts is compared once there is an account: before
 * that it limits nobody, and need not exist.
 */
export class CrdWatches implements Runnable {
  readonly #gpuPods: CrdWatch;
  readonly #accounts: readonly AccountCrd[];
  readonly #unsubscribe: (() => void)[] = [];

  constructor(options: Omit<CrdWatchOptions, 'own'>, watched: WatchedAccounts | undefined) {
    this.#gpuPods = new CrdWatch({ ...options, own: markedGpuPodCrd(OPERATOR_VERSION) });
    const accountCrd = (kind: AccountKind, accounts: SharedSource): AccountCrd => ({
      kind,
      accounts,
      watch: new CrdWatch({ ...options, own: markedAccountCrd(kind, OPERATOR_VERSION) }),
    });
    this.#accounts =
      watched === undefined
        ? []
        : [
            accountCrd('GpuAccount', watched.gpuAccounts),
            ...(watched.cluster === undefined
              ? []
              : [accountCrd('ClusterGpuAccount', watched.cluster.accounts)]),
          ];
  }

  /** What is wrong with the first CRD that is not that of this version; undefined if none is known to be. */
  get problem(): string | undefined {
    return this.#all()
      .map(({ problem }) => problem)
      .find((problem) => problem !== undefined);
  }

  start(): void {
    this.#gpuPods.start();
    for (const { watch, accounts } of this.#accounts) {
      this.#unsubscribe.push(
        accounts.subscribe(() => {
          void watch.whenCompared();
        }),
      );
    }
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) {
      unsubscribe();
    }
    for (const watch of this.#all()) {
      watch.stop();
    }
  }

  /** Resolves after the first comparison of every CRD that has objects now. The sources must have synced. */
  async whenCompared(): Promise<void> {
    const needed = this.#accounts.filter(({ accounts }) => accounts.store.size > 0);
    await Promise.all(
      [this.#gpuPods, ...needed.map(({ watch }) => watch)].map(async (watch) => watch.whenCompared()),
    );
  }

  /** Resolves after the first comparison of the CRD of this kind of accounts. */
  async whenAccountCrdCompared(kind: AccountKind): Promise<void> {
    await this.#accounts.find((one) => one.kind === kind)?.watch.whenCompared();
  }

  /** Calls the handlers when the right CRD has replaced an older one. */
  onHealed(handlers: { readonly gpuPods: () => void; readonly accounts: () => void }): void {
    void this.#gpuPods.healed.then(handlers.gpuPods);
    for (const { watch } of this.#accounts) {
      void watch.healed.then(handlers.accounts);
    }
  }

  #all(): readonly CrdWatch[] {
    return [this.#gpuPods, ...this.#accounts.map(({ watch }) => watch)];
  }
}
