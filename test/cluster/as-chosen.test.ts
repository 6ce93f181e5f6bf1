import { describe, expect, it } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { OfferInput } from '../../src/simulator/world/offer.ts';
import { conditionText } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';
import { OFFERS } from '../simulation/simulation-offers.ts';

const cluster = useBench();

const [CHEAP, NEXT] = OFFERS;
if (CHEAP === undefined || NEXT === undefined) throw new Error('the world has no offers');
const SPEC = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** Offers that a create body cannot distinguish. The provider takes the first one. */
const TWINS: readonly { readonly name: string; readonly twin: OfferInput }[] = [
  { name: 'spot', twin: { ...CHEAP, isSpot: true, prices: { onDemand: 0.9 } } },
  { name: 'prepaid', twin: { ...CHEAP, prepaidTime: 24, prices: { onDemand: 1.9 } } },
];

/** Changes these fields of every instance in all answers of the provider. */
function sayOfInstances(scene: Scene, fields: Record<string, unknown>): void {
  const rules: readonly Omit<FaultRuleInput, 'effect'>[] = [
    { method: 'POST', path: '/pods/' },
    { method: 'GET', path: '/pods/{id}' },
  ];
  for (const rule of rules) scene.simulator.faults.add({ ...rule, effect: { kind: 'Patch', fields } });
  scene.simulator.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'PatchRows', fields } });
}

describe('the rented instance', () => {
  it.each(TWINS)(
    'is not created when a create request cannot distinguish its offer from a $name offer',
    async ({ twin }) => {
      const scene = await cluster.open({ simulator: { offers: { gpus: [twin, CHEAP] } } });
      await scene.startOperator();
      await scene.create('careful', SPEC);
      const { status } = await scene.untilCondition('careful', 'Ready=False NoMatchingOffer');
      expect(status.rejections).toContainEqual(
        expect.objectContaining({ reason: 'Indistinguishable', count: 1 }),
      );
      expect(scene.simulator.ledger.entries()).toEqual([]);
    },
  );

  it('has the price of its offer as the cap when the request may match a more expensive offer', async () => {
    const moreExpensive = { ...CHEAP, prices: { onDemand: 2.9 } };
    const scene = await cluster.open({ simulator: { offers: { gpus: [moreExpensive, CHEAP, NEXT] } } });
    await scene.startOperator();
    await scene.create('careful', SPEC);
    const { status } = await scene.untilReady('careful');
    expect(status.offer).toMatchObject({ cloudId: NEXT.cloudId });
    expect(status.attempts?.[0]).toMatchObject({ outcome: 'Refused', reason: 'AboveMaxPrice' });
    expect(scene.simulator.ledger.entries().map(({ createdPriceHr }) => createdPriceHr)).toEqual([2.4]);
  });

  it.each([
    { name: 'spot', fields: { isSpot: true }, said: /spot instance/ },
    { name: 'of another wallet', fields: { teamId: 'team_2' }, said: /team_2 pays/ },
  ])('is terminated when it is not what was requested: $name', async ({ fields, said }) => {
    const scene = await cluster.open({ simulator: { offers: { gpus: [CHEAP] } } });
    sayOfInstances(scene, fields);
    await scene.startOperator();
    await scene.create('careful', { ...SPEC, maxAttempts: 1 });
    const { status } = await scene.untilCondition('careful', 'Stalled=True AttemptsExhausted');
    expect(status.attempts).toMatchObject([{ outcome: 'Failed', reason: 'NotAsRequested' }]);
    expect(status.attempts?.[0]?.message).toMatch(said);
    expect(scene.simulator.ledger.live()).toEqual([]);
    expect((await scene.events('careful')).filter((event) => event.startsWith('Ready:'))).toEqual([]);
  });

  it('is ready only with a price that was read after it became active, and is terminated above the cap', async () => {
    const scene = await cluster.open({ simulator: { offers: { gpus: [CHEAP] } } });
    sayOfInstances(scene, { priceHr: null });
    await scene.startOperator();
    await scene.create('careful', { ...SPEC, maxAttempts: 1 });
    const { status } = await scene.untilCondition('careful', 'Ready=False PriceUnknown');
    expect(status).not.toHaveProperty('ssh');
    await scene.quietRounds(2);
    scene.simulator.pods.changePrice(status.podId ?? '', 5);
    scene.simulator.faults.clear();
    const ended = await scene.untilCondition('careful', 'Stalled=True AttemptsExhausted');
    expect(ended.status.attempts).toMatchObject([{ outcome: 'Failed', reason: 'AboveMaxPrice' }]);
    expect(conditionText(ended, 'Ready')).toBe('False Pending');
    expect(scene.simulator.ledger.live()).toEqual([]);
  });

  it('is ready with the price that was read after it became active', async () => {
    const scene = await cluster.open({ simulator: { offers: { gpus: [CHEAP] } } });
    sayOfInstances(scene, { priceHr: 0, gpuName: 'NVIDIA H100 80GB HBM3', country: 'Canada', gpuCount: 1 });
    await scene.startOperator();
    await scene.create('careful', SPEC);
    await scene.untilCondition('careful', 'Ready=False PriceUnknown');
    scene.simulator.faults.clear();
    const { status } = await scene.untilReady('careful');
    expect(status.cost?.billedPerHour).toBe(1.9);
  });
});
