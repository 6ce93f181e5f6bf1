import type { ObservedOffers } from '../../../lifecycle/observation.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';

/**
 * What an effect led to.
 *
 * - `known`: it succeeded, or failed in a way that local state records. The next step builds on it.
 * - `stale`: the GpuPod changed. The reconcile starts again with the newer version.
 * - `busy`: no slot was free. The key is requeued when one is.
 * - `released`: the finalizer is removed. The watch reports the deletion, and nothing remains to decide.
 */
export type EffectOutcome =
  | { readonly kind: 'known'; readonly localState: LocalState; readonly offers?: ObservedOffers }
  | { readonly kind: 'stale' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'released' };

export const STALE: EffectOutcome = { kind: 'stale' };

export function known(localState: LocalState): EffectOutcome {
  return { kind: 'known', localState };
}
