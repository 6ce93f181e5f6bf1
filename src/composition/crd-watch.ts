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

const TIMEOUT_MS = 10_000;

/**
 * Compares the CRD in the cluster with the one of this version at start, and again while it is older. A field that
 * the API server drops cannot enforce a limit. Once the CRD is right, the operator does not read it again.
 */
export class CrdWatch implements Runnable {
  readonly #options: CrdWatchOptions;
  readonly #name: string;
  readonly #healed = Promise.withResolvers<undefined>();
  #problem: string | undefined;
  readonly #stopping = new AbortController();
  #first: Promise<void> | undefined;

  constructor(options: CrdWatchOptions) {
    this.#options = options;
    this.#name = stringAt(options.own['metadata'], 'name') ?? '';
  }

  /** What is wrong with the CRD; undefined if it is right, or the operator may not read it. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when the right CRD has replaced an older one; never if none was older. */
  get healed(): Promise<undefined> {
    return this.#healed.promise;
  }

  start(): void {
    void this.whenCompared();
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves after the first comparison with a CRD that exists. If it is older, comparisons continue. */
  async whenCompared(): Promise<void> {
    const { signal } = this.#stopping;
    this.#first ??= this.#compare(signal).then((result) => {
      if (result === 'again') {
        void this.#goOn(signal);
      }
      if (result === 'absent') {
        this.#first = undefined;
      }
    });
    await this.#first;
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    const { clock, askAgainMs } = this.#options;
    for (;;) {
      await clock.sleep(askAgainMs, signal).catch(() => undefined);
      if (signal.aborted) {
        return;
      }
      const wasOutdated = this.#problem !== undefined;
      if ((await this.#compare(signal)) === 'again') {
        continue;
      }
      if (wasOutdated) {
        this.#healed.resolve(undefined);
      }
      return;
    }
  }

  async #compare(signal: AbortSignal): Promise<'done' | 'again' | 'absent'> {
    const { own, crds, log } = this.#options;
    try {
      const crd = await crds.get({ name: this.#name }, { signal, timeoutMs: TIMEOUT_MS });
      this.#note(crd === undefined ? undefined : crdDrift(own, crd), crd?.metadata.uid ?? '');
      const result = this.#problem === undefined ? 'done' : 'again';
      return crd === undefined ? 'absent' : result;
    } catch (error) {
      if (isForbidden(error)) {
        log.warn(
          { name: this.#name },
          'failed to read the CRD, so the operator notices an older one only when it drops a field of a status: allow the operator to get it',
        );
        // What was found before stays true until somebody shows otherwise.
        return this.#problem === undefined ? 'done' : 'again';
      }
      log.debug({ name: this.#name, err: error }, 'failed to read the CRD');
      return 'again';
    }
  }

  #note(problem: string | undefined, uid: string): void {
    const { log, events } = this.#options;
    if (problem !== undefined && problem !== this.#problem) {
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
    if (problem === undefined && this.#problem !== undefined) {
      log.info({ name: this.#name }, 'the CRD is that of this version again');
    }
    this.#problem = problem;
  }
}
