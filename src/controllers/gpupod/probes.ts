import type { Clock } from '../../clock.ts';
import type { ProbeView } from '../../lifecycle/observation.ts';
import type { ProbeAnswer, Prober, ProbeTarget, WantedProbe } from '../../lifecycle/reachability.ts';
import type { Log } from '../../kubernetes/log.ts';

/** How many probes run at once. One to an address that swallows everything takes ten seconds. */
const MAX_RUNNING = 16;

interface Watched {
  readonly view: ProbeView;
  /** Ends the probe that waits or runs. */
  readonly pending?: AbortController | undefined;
}

export interface ProbesOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly prober: Prober;
  /** Called with the key of the GpuPod for which a probe has ended. */
  readonly onProbed: (key: string, answer: ProbeAnswer) => void;
}

/**
 * Tries SSH servers in the background, a few at once, each GpuPod in its turn. It remembers the latest answer for each
 * GpuPod. Losing it costs a probe, and nothing else.
 */
export class Probes {
  readonly #options: ProbesOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  /** What is known about the SSH server of a GpuPod. */
  view(key: string): ProbeView {
    return this.#watched.get(key)?.view ?? {};
  }

  /** Probes this address next, or nothing. A probe of the same address that waits or runs already counts. */
  want(key: string, wanted: WantedProbe | undefined): void {
    const known = this.#watched.get(key);
    const view = viewOf(known, wanted);
    if (known?.pending !== undefined && view !== undefined) {
      return;
    }
    known?.pending?.abort();
    if (wanted === undefined) {
      this.#watched.delete(key);
      return;
    }
    const pending = new AbortController();
    this.#watched.set(key, { view: view ?? this.#newView(wanted), pending });
    void this.#run(key, wanted, pending.signal);
  }

  #newView({ host, port }: WantedProbe): ProbeView {
    return { host, port, sinceMs: this.#options.clock.monotonicMs() };
  }

  /** Ends everything that waits or runs. */
  stop(): void {
    for (const { pending } of this.#watched.values()) {
      pending?.abort();
    }
    this.#watched.clear();
  }

  /** Never rejects: an abort means that nobody wants the answer any more. */
  async #run(key: string, { notBeforeMs, ...target }: WantedProbe, signal: AbortSignal): Promise<void> {
    const { clock, onProbed } = this.#options;
    try {
      const waitMs = notBeforeMs - clock.monotonicMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs, signal);
      }
      const probed = await this.#inTurn(async () => await this.#probe(target, signal));
      const { view } = this.#watched.get(key) ?? {};
      if (view !== undefined && !signal.aborted) {
        const failures = probed.answer.kind === 'failed' ? (view.latest?.failures ?? 0) + 1 : 0;
        this.#watched.set(key, { view: { ...view, latest: { ...probed, failures } } });
        onProbed(key, probed.answer);
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  async #probe(
    target: ProbeTarget,
    signal: AbortSignal,
  ): Promise<{ readonly beganAtMs: number; readonly answer: ProbeAnswer }> {
    const { clock, log, prober } = this.#options;
    signal.throwIfAborted();
    const beganAtMs = clock.monotonicMs();
    try {
      return { beganAtMs, answer: await prober.probe(target, signal) };
    } catch (error) {
      signal.throwIfAborted();
      // An answer of a strange server must not stop anything else.
      log.error({ err: error }, 'failed to probe an SSH server');
      return { beganAtMs, answer: { kind: 'failed', reason: 'NotSsh' } };
    }
  }

  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_RUNNING) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#running += 1;
    try {
      return await act();
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }
}

/** What is known about the wanted address. */
function viewOf(known: Watched | undefined, wanted: WantedProbe | undefined): ProbeView | undefined {
  const view = known?.view;
  return wanted !== undefined && view?.host === wanted.host && view.port === wanted.port ? view : undefined;
}
