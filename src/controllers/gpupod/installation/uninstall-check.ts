import type { Clock } from '../../../clock.ts';
import { isConflict, isNotFound, isRetryable } from '../../../kubernetes/client/api-errors.ts';
import type { CallOptions } from '../../../kubernetes/client/api-transport.ts';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';
import type { DeletePreconditions, ObjectName } from '../../../kubernetes/client/resource-client.ts';
import type { Policy } from '../../../lifecycle/settings.ts';
import { uninstallRowOf } from '../../../lifecycle/uninstall/uninstall-row.ts';
import type { UninstallRow } from '../../../lifecycle/uninstall/uninstall-row.ts';
import {
  judgeTermination,
  judgeUninstall,
  terminationProgress,
} from '../../../lifecycle/uninstall/uninstall-verdict.ts';
import type { UninstallPolicy, UninstallVerdict } from '../../../lifecycle/uninstall/uninstall-verdict.ts';

/** GpuPods on the API server, as the check reads and deletes them. `ResourceClient` implements it. */
export interface UninstallApi {
  list(options: CallOptions & { readonly namespace?: string }): Promise<KubernetesObject[]>;
  delete(target: ObjectName, options: CallOptions & { preconditions: DeletePreconditions }): Promise<boolean>;
}

export interface UninstallCheckOptions {
  readonly api: UninstallApi;
  /** Whether the API server knows the kind GpuPod in any version. */
  readonly isKindServed: (options: CallOptions) => Promise<boolean>;
  readonly clock: Clock;
  readonly policy: UninstallPolicy;
  readonly allowRetain: Policy['allowRetain'];
  /** None: all namespaces. */
  readonly namespaces: readonly string[];
  /** Whether the uninstallation deletes the CRD as well. */
  readonly deletesCrd: boolean;
  readonly timeoutMs: number;
  /** Receives progress, one line at a time. */
  readonly print: (text: string) => void;
}

/** Between two lists of all GpuPods. */
const LIST_PERIOD_MS = 3_000;
/** Between two tries of a request that failed. */
const RETRY_MS = 2_000;

/**
 * Decides whether the operator may be uninstalled. With `Terminate` it deletes the GpuPods first, and waits for the
 * operator, which still runs.
 *
 * @throws the error of a request that cannot succeed, or did not succeed in time
 */
export async function checkUninstall(options: UninstallCheckOptions): Promise<UninstallVerdict> {
  const check = new UninstallCheck(options);
  const { policy } = options;
  return policy === 'Terminate'
    ? await check.terminateAll()
    : judgeUninstall(await check.listRows(), policy, options);
}

class UninstallCheck {
  readonly #options: UninstallCheckOptions;
  readonly #deadlineMs: number;

  constructor(options: UninstallCheckOptions) {
    this.#options = options;
    this.#deadlineMs = options.clock.monotonicMs() + options.timeoutMs;
  }

  async listRows(): Promise<readonly UninstallRow[]> {
    const { allowRetain, namespaces } = this.#options;
    const rows: UninstallRow[] = [];
    for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
      const objects = await this.#retried(async () => await this.#list(namespace));
      rows.push(...objects.map((object) => uninstallRowOf(object, { allowRetain })));
    }
    return rows;
  }

  async terminateAll(): Promise<UninstallVerdict> {
    const { clock, print } = this.#options;
    /** By UID. A GpuPod that is gone no longer says that its instance runs on. */
    const retained = new Map<string, UninstallRow>();
    let lastLine = '';
    for (;;) {
      const left = await this.listRows();
      for (const row of left) {
        if (row.isRetained) {
          retained.set(row.uid, row);
        } else {
          retained.delete(row.uid);
        }
      }
      const kept = [...retained.values()].filter(({ uid }) => left.every((row) => row.uid !== uid));
      const why = this.#whyNotWait(left);
      if (why !== undefined) {
        return judgeTermination(left, kept, why);
      }
      const line = terminationProgress(left);
      if (line !== lastLine) {
        print(line);
      }
      lastLine = line;
      for (const row of left) {
        await this.#delete(row);
      }
      await clock.sleep(Math.max(0, Math.min(LIST_PERIOD_MS, this.#deadlineMs - clock.monotonicMs())));
    }
  }

  /** Undefined: waiting may help. */
  #whyNotWait(left: readonly UninstallRow[]): string | undefined {
    if (left.every(({ isStuck }) => isStuck)) {
      return 'The operator does nothing with them: repair those that cannot be read, and remove the annotation gpupod.dev/paused.';
    }
    return this.#isOver() ? 'The deletion took longer than uninstall.timeout.' : undefined;
  }

  /**
   * Begins the deletion. An object that may have an instance must first have the finalizer, which the operator puts back:
   * without it the record would be gone before the instance is. An unreadable one stays, because the operator would not
   * terminate its instance.
   */
  async #delete({ namespace, name, uid, state, isDeleting, hasFinalizer }: UninstallRow): Promise<void> {
    const isSafe = hasFinalizer || state === 'idle' || state === 'mayRent';
    if (isDeleting || !isSafe) {
      return;
    }
    await this.#retried(async () => {
      try {
        await this.#options.api.delete({ namespace, name }, { preconditions: { uid } });
      } catch (error) {
        // Another object has the name by now. The next list shows it.
        if (!isConflict(error)) {
          throw error;
        }
      }
    });
  }

  async #list(namespace: string | undefined): Promise<readonly KubernetesObject[]> {
    const { api, isKindServed } = this.#options;
    try {
      return await api.list(namespace === undefined ? {} : { namespace });
    } catch (error) {
      // Without the CRD there is no GpuPod.
      if (isNotFound(error) && !(await isKindServed({}))) {
        return [];
      }
      throw error;
    }
  }

  async #retried<T>(request: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    for (;;) {
      try {
        return await request();
      } catch (error) {
        if (!isRetryable(error) || this.#isOver()) {
          throw error;
        }
        await clock.sleep(RETRY_MS);
      }
    }
  }

  #isOver(): boolean {
    return this.#options.clock.monotonicMs() >= this.#deadlineMs;
  }
}
