import { isDeleting, isPaused, parseGpuPod } from '../../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import { identityOf } from '../../../lifecycle/account.ts';
import { relationOf, retainsInstances } from '../../../lifecycle/instance-relation.ts';
import { readIntent } from '../../../lifecycle/intent.ts';
import { isSameAttempt } from '../../../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../lifecycle/provider.ts';
import type { Context } from '../context.ts';
import { hasProvenStatus } from '../installation/id-proofs.ts';

/** Consecutive sweeps that must show a surplus instance before it is terminated. */
const SWEEPS_BEFORE_END = 2;

type Leaving = Pick<
  Context,
  'view' | 'retained' | 'session' | 'log' | 'installation' | 'policy' | 'proofKey'
>;

export interface LeftInstancesOptions {
  /**
   * True if another account can act for the GpuPod of this key, so that its own reconcile does not see this account. For
   * a GpuPod that is held, nobody acts.
   */
  readonly actsElsewhere: (key: string) => boolean;
}

/**
 * Terminates what a GpuPod left on an account that no longer acts for it. Its own reconcile looks at the account that
 * acts now, so only the sweep of the former account sees the surplus.
 */
export class LeftInstances {
  readonly #context: Leaving;
  readonly #options: LeftInstancesOptions;
  readonly #sweepsSeen = new Map<string, number>();

  constructor(context: Leaving, options: LeftInstancesOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @param surplus instances that are named for a living GpuPod and that it does not name, with the key of that GpuPod */
  async run(surplus: ReadonlyMap<InstanceSnapshot, string>): Promise<void> {
    const left = [...surplus].filter(([instance, key]) => this.#isLeft(instance, key));
    const ids = new Set(left.map(([{ podId }]) => podId));
    for (const podId of [...this.#sweepsSeen.keys()].filter((known) => !ids.has(known))) {
      this.#sweepsSeen.delete(podId);
    }
    for (const [instance, key] of left) {
      const sweeps = (this.#sweepsSeen.get(instance.podId) ?? 0) + 1;
      this.#sweepsSeen.set(instance.podId, sweeps);
      if (sweeps >= SWEEPS_BEFORE_END && !(await this.#context.retained.has(instance))) {
        await this.#end(instance, key);
      }
    }
  }

  #isLeft(instance: InstanceSnapshot, key: string): boolean {
    const object = this.#context.view.get(key);
    const parsed = object === undefined ? undefined : parseGpuPod(object);
    return (
      parsed?.kind === 'ok' &&
      this.#options.actsElsewhere(key) &&
      mayEndSurplus(parsed.gpuPod, this.#context.policy) &&
      // A status that nothing proves may be forged or half restored, and what looks like surplus the only instance.
      hasProvenStatus(this.#context, parsed.gpuPod) &&
      this.#isOfUser(instance) &&
      this.#isSurplus(parsed.gpuPod, instance)
    );
  }

  /**
   * The GpuPod itself must show that it has gone on since. What is newer than all that it names may be in use: somebody
   * may have restored an older status. What it adopted from another GpuPod does not matter here, because the instance
   * is named for its own UID.
   */
  #isSurplus(gpuPod: GpuPod, instance: InstanceSnapshot): boolean {
    const { installation, policy } = this.#context;
    const known = { gpuPod, installation, policy, intent: readIntent(gpuPod), mayAdopt: false };
    return relationOf(known, instance) === 'duplicate';
  }

  /** In a team any member may have rented it. */
  #isOfUser({ userId }: InstanceSnapshot): boolean {
    const session = identityOf(this.#context.session.account.state);
    return userId === undefined || session?.userId === userId;
  }

  async #end(instance: InstanceSnapshot, key: string): Promise<void> {
    const { session, log } = this.#context;
    const { provider } = session;
    const { podId, name, priceUsdPerHour } = instance;
    const fence = whileSessionLasts(session);
    const answer = await provider.getPod(podId);
    if (
      answer.kind !== 'ok' ||
      answer.value.status === 'TERMINATED' ||
      !isSameAttempt(answer.value.name, name)
    ) {
      return;
    }
    // Requests wait for their turn, and the account may act for the GpuPod again meanwhile.
    const mayStillSend = (): boolean => fence.mayStillSend() && this.#isLeft(instance, key);
    const outcome = await provider.deletePod(podId, { mayStillSend });
    log.warn(
      { podId, podName: name, gpuPod: key, usdPerHour: priceUsdPerHour, outcome: outcome.kind },
      'requested termination of a surplus instance on a former account of its GpuPod',
    );
  }
}

function mayEndSurplus(gpuPod: GpuPod, policy: Leaving['policy']): boolean {
  const isRetaining = isDeleting(gpuPod) && retainsInstances(gpuPod, policy);
  return !isPaused(gpuPod) && !isRetaining;
}
