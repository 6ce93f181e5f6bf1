import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import { ChangeNotes } from '../../kubernetes/cache/change-notes.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { unresolvedIntent, writingOf } from '../../lifecycle/intent.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import { attemptKey } from '../../lifecycle/pod-name.ts';

/** GpuPods by `namespace/name`, as this process last saw them. */
export interface GpuPodReader {
  get(key: string): KubernetesObject | undefined;
}

interface Writing {
  /** Its GpuPod, as `namespace/name`. */
  readonly key: string;
  /** See `writingOf`. */
  readonly writing: string;
}

/** So many are kept without a look at which of them still stand on their GpuPods. */
const FEW = 64;

/**
 * The create intents of this process whose request surely created nothing: it was refused, or never sent. The annotation
 * stays on the GpuPod until the request is sent again, which may be never, so it must not count meanwhile.
 */
export class NotCreated {
  readonly #view: GpuPodReader;
  readonly #byAttempt = new Map<string, Writing>();
  readonly #changed = new ChangeNotes<Writing>();
  #pruneAbove = FEW;

  constructor(view: GpuPodReader) {
    this.#view = view;
  }

  has({ name, writing }: { readonly name: string; readonly writing: string }): boolean {
    return this.#byAttempt.get(attemptKey(name))?.writing === writing;
  }

  /** @param key the GpuPod, as `namespace/name` */
  add(key: string, intent: Intent): void {
    this.#put(attemptKey(intent.name), { key, writing: writingOf(intent) });
    if (this.#byAttempt.size > this.#pruneAbove) {
      this.#prune();
    }
  }

  /** The request is sent again. Times are whole seconds, so the intent may be written as it was before. */
  drop(intent: Intent): void {
    if (this.has({ name: intent.name, writing: writingOf(intent) })) {
      this.#put(attemptKey(intent.name), undefined);
    }
  }

  /** Attempts that changed since the last call, see `attemptKey`. */
  takeChanged(): Iterable<string> {
    return this.#changed.take().keys();
  }

  /** Forgets what no GpuPod has any more, each time that twice as many are kept as were left the last time. */
  #prune(): void {
    for (const [attempt, { key, writing }] of this.#byAttempt) {
      const object = this.#view.get(key);
      const parsed = object === undefined ? undefined : parseGpuPod(object);
      const intent = parsed?.kind === 'ok' ? unresolvedIntent(parsed.gpuPod) : undefined;
      if (intent === undefined || writingOf(intent) !== writing) {
        this.#put(attempt, undefined);
      }
    }
    this.#pruneAbove = Math.max(FEW, 2 * this.#byAttempt.size);
  }

  #put(attempt: string, after: Writing | undefined): void {
    this.#changed.add(attempt, this.#byAttempt.get(attempt), after);
    if (after === undefined) {
      this.#byAttempt.delete(attempt);
    } else {
      this.#byAttempt.set(attempt, after);
    }
  }
}
