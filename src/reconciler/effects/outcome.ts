import type { ObservedOffers } from '../../lifecycle/observation.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';

/**
 * What an effect led to.
 *
 * - `known`: it was done, or failed in a way that is remembered; the next step is planned on it.
 * - `stale`: the object is another one than was planned for; begin anew once the newer one is here.
 * - `busy`: no place was free; the key is called once one is.
 * - `released`: the finalizer is off; the watch tells of the end, there is nothing left to plan.
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
