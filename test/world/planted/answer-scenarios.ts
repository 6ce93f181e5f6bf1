import type { PodRule } from '../../../src/simulator/world/pod-rule.ts';
import type { LifeOptions } from '../life.ts';
import { OFFERS } from '../world-offers.ts';

const CHEAPEST = 'n3-H100x1';
function ruled(...podRules: readonly PodRule[]): LifeOptions {
  return { provider: { podRules: [...podRules] } };
}

/** The first row that a create fits is rented, whichever of the two was meant. */
function twins(): LifeOptions {
  const [first, ...others] = OFFERS;
  if (first === undefined) throw new Error('the world has no offers');
  const spot = { ...first, isSpot: true, prices: { onDemand: 1.2 } };
  return { offers: [spot, first, ...others] };
}

/** What the provider answers. Without a bug each of these worlds must be clean. */
export const ANSWER_SCENARIOS = {
  'the price is hidden until it is ACTIVE, and above the cap then': () =>
    ruled({ cloudId: CHEAPEST, priceShownFrom: 'Active', activePriceFactor: 2 }),
  'a failure is told without ERROR': () => ruled({ cloudId: CHEAPEST, outcome: 'FailureTextOnly' }),
  'a spot offer is the cheapest': () => {
    const [first, ...others] = twins().offers ?? [];
    return first === undefined ? {} : { offers: [{ ...first, cloudId: 'spot-h100' }, ...others] };
  },
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
