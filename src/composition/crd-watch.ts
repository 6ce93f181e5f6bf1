import { crdDrift } from '../api/common/crd-drift.ts';
import type { Clock } from '../clock.ts';
import { stringAt } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { isForbidden } from '../kubernetes/client/api-errors.ts';
import type { Log } from '../kubernetes/log.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Runnable } from '../kubernetes/runnable.ts';
import type { ResourceClient } from '../kubernetes/client/resource-client.ts';
import type { Events } from '../controllers/gpupod/ports.ts';

export interface CrdWatchOptions {
  /** The marked CRD of this version. */
  readonly own: JsonRecord;
  readonly crds: Pick<ResourceClient<KubernetesObject>, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  /** How long to wait before the operator reads an older CRD again. */
  readonly askAgainMs: number;
}

type Comparison = 'right' | 'older' | 'absent' | 'failed';

const TIMEOUT_MS = 10_000;
/** A CRD that an API server cannot show for a moment is not worth a status of each GpuPod. */
const FIRST_RETRIES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const RETRY_MS = 30_000;

/**
 * Compares the CRD in the cluster with the one of this version at start, and again while it is older, absent after
 * that, or unreadable. A field that the API server drops cannot enforce a limit. Once the CRD is right, the operator does
 * not read it again.
 */
export class CrdWatch implements Runnable {
  readonly #options: CrdWatchOptions;
  readonly #name: string;
  readonly #healed = Promise.withResolvers<undefined>();
  #drift: string | undefined;
  /** The CRD was not read for so long that the operator works without knowing it. */
  #isUnread = false;
  readonly #stopping = new AbortController();
  #first: Promise<void> | undefined;

  constructor(options: CrdWatchOptions) {
    this.#options = options;
    this.#name = stringAt(options.own['metadata'], 'name') ?? '';
  }

  /** What is wrong with the CRD; undefined if it is right, or the operator may not read it. */
  get problem(): string | undefined {
    const unread = `The installed CRD ${this.#name} could not be read, so it may be an older one.`;
    return this.#drift ?? (this.#isUnread ? unread : undefined);
  }

  /** Resolves when the right CRD has replaced an older or unknown one; never if there was none. */
  get healed(): Promise<undefined> {
    return this.#healed.promise;
  }

  start(): void {
    void this.whenCompared();
  }

  stop(): void {
    this.#stopping.abort();
  }

  /**
   * Resolves after the first comparison with a CRD that exists. If it is older, or cannot be read for half a minute,
   * comparisons continue, and `problem` says so.
   */
  async whenCompared(): Promise<void> {
    this.#first ??= this.#compareFirst();
    await this.#first;
  }

  async #compareFirst(): Promise<void> {
    let result = await this.#compare();
    for (const delayMs of FIRST_RETRIES_MS) {
      if (result !== 'failed' || !(await this.#sleep(delayMs))) {
        break;
      }
      result = await this.#compare();
    }
    if (result === 'absent') {
      this.#first = undefined;
    } else if (result !== 'right') {
      this.#isUnread = result === 'failed';
      void this.#goOn(result);
    }
  }

  async #goOn(first: Comparison): Promise<void> {
    const { askAgainMs } = this.#options;
    let result = first;
    while (result !== 'right') {
      if (!(await this.#sleep(result === 'failed' ? Math.min(RETRY_MS, askAgainMs) : askAgainMs))) {
        return;
      }
      result = await this.#compare();
    }
    this.#healed.resolve(undefined);
  }

  /** False if the process stops meanwhile. */
  async #sleep(delayMs: number): Promise<boolean> {
    const { signal } = this.#stopping;
    await this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
    return !signal.aborted;
  }

  async #compare(): Promise<Comparison> {
    const { own, crds, log } = this.#options;
    const { signal } = this.#stopping;
    try {
      const crd = await crds.get({ name: this.#name }, { signal, timeoutMs: TIMEOUT_MS });
      this.#isUnread = false;
      this.#note(crd === undefined ? undefined : crdDrift(own, crd), crd?.metadata.uid ?? '');
      const result = this.#drift === undefined ? 'right' : 'older';
      return crd === undefined ? 'absent' : result;
    } catch (error) {
      if (isForbidden(error)) {
        log.warn(
          { name: this.#name },
          'failed to read the CRD, so the operator notices an older one only when it drops a field of a status: allow the operator to get it',
        );
        this.#isUnread = false;
        // What was found before stays true until somebody shows otherwise.
        return this.#drift === undefined ? 'right' : 'older';
      }
      log.warn({ name: this.#name, err: error }, 'failed to read the CRD');
      return 'failed';
    }
  }

  #note(problem: string | undefined, uid: string): void {
    const { log, events } = this.#options;
    if (problem !== undefined && problem !== this.#drift) {
      log.error(
        { name: this.#name, problem },
        'the CRD is not that of this version; nothing new is rented until you apply the CRD of this version',
      );
      events.record(
        // Events about cluster-scoped objects are in this namespace.
        {
          apiVersion: 'apiextensions.k8s.io/v1',
          kind: 'CustomResourceDefinition',
          namespace: 'default',
          name: this.#name,
          uid,
        },
        {
          type: 'Warning',
          reason: 'CrdOutdated',
          message: `${problem} The operator rents nothing new. Apply the CRD of this version.`,
        },
      );
    }
    if (problem === undefined && this.#drift !== undefined) {
      log.info({ name: this.#name }, 'the CRD is that of this version again');
    }
    this.#drift = problem;
  }
}
