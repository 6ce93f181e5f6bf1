import type { Clock } from '../clock.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Log } from '../kubernetes/log.ts';
import type { ResourceClient } from '../kubernetes/client/resource-client.ts';
import type { Runnable } from '../kubernetes/runnable.ts';
import type { HealthReading } from '../observability/health.ts';

export interface NamespaceCheckOptions {
  /** The watched namespaces; none: all. */
  readonly watched: readonly string[];
  readonly namespaces: Pick<ResourceClient<KubernetesObject>, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long to wait before the operator looks for a missing namespace again. */
  readonly askAgainMs: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Finds watched namespaces that do not exist, at start and again while one is missing. The API server lists the
 * objects of a misspelled namespace without an error, so nothing else would show the mistake.
 */
export class NamespaceCheck implements Runnable {
  readonly #options: NamespaceCheckOptions;
  readonly #stopping = new AbortController();
  #missing: readonly string[] = [];
  #running: Promise<void> | undefined;

  constructor(options: NamespaceCheckOptions) {
    this.#options = options;
  }

  /** Names what is missing. Only if no watched namespace exists, the process is not ready. */
  read(): HealthReading {
    if (this.#missing.length === 0) {
      return { isOk: true };
    }
    const isOk = this.#missing.length < this.#options.watched.length;
    return { isOk, message: `no such namespace: ${this.#missing.join(', ')}` };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, askAgainMs, watched } = this.#options;
    const { signal } = this.#stopping;
    for (let toRead = watched; toRead.length > 0; toRead = this.#missing) {
      const missing = await this.#missingOf(toRead, signal);
      if (signal.aborted) {
        return;
      }
      this.#report(missing);
      if (missing.length > 0) {
        await clock.sleep(askAgainMs, signal).catch(() => undefined);
      }
    }
  }

  async #missingOf(names: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const absent = await Promise.all(
      names.map(async (name) => ((await this.#isMissing(name, signal)) ? [name] : [])),
    );
    return absent.flat();
  }

  /** False also if it is unknown: where the operator may not read a namespace, its list of GpuPods shows why. */
  async #isMissing(name: string, signal: AbortSignal): Promise<boolean> {
    const { namespaces, log } = this.#options;
    try {
      return (await namespaces.get({ name }, { signal, timeoutMs: TIMEOUT_MS })) === undefined;
    } catch (error) {
      log.debug({ namespace: name, err: error }, 'failed to read a watched namespace');
      return false;
    }
  }

  #report(missing: readonly string[]): void {
    for (const namespace of missing.filter((name) => !this.#missing.includes(name))) {
      this.#options.log.warn(
        { namespace },
        'a watched namespace does not exist; the others are served: create it, or correct --watch-namespace',
      );
    }
    this.#missing = missing;
  }
}
