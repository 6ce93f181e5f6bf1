import { LiveInstances } from '../../../src/accounts/sums/live-instances.ts';
import type { Live } from '../../../src/accounts/sums/live-instances.ts';
import { SentCreates } from '../../../src/accounts/sums/sent-creates.ts';
import type { SentCreate } from '../../../src/accounts/sums/sent-creates.ts';
import { attemptKey } from '../../../src/lifecycle/pod-name.ts';

/** The instances, found by reading all of them instead of by an index. */
export class ScannedInstances extends LiveInstances {
  readonly #podIds = new Set<string>();

  all(): Map<string, Live> {
    for (const podId of this.takeChanged().keys()) this.#podIds.add(podId);
    return new Map(
      [...this.#podIds].toSorted().flatMap((podId) => {
        const live = this.get(podId);
        return live === undefined ? [] : [[podId, live] as const];
      }),
    );
  }

  override idsOf(attempt: string): readonly string[] {
    return [...this.all()].flatMap(([podId, { podName }]) =>
      attemptKey(podName) === attempt ? [podId] : [],
    );
  }
}

/** The create requests, likewise. */
export class ScannedCreates extends SentCreates {
  readonly #attempts = new Set<string>();

  all(): readonly SentCreate[] {
    for (const attempt of this.takeChanged()) this.#attempts.add(attempt);
    return [...this.#attempts].flatMap((attempt) => this.ofAttempt(attempt) ?? []);
  }

  override ofUid(uid: string): readonly SentCreate[] {
    return this.all().filter((one) => one.uid === uid);
  }
}
