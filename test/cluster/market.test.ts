import { describe, expect, it } from '@jest/globals';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { DEFAULT_OFFERS_FILE, loadOffers } from '../../src/simulator/offers/load-offers.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const cluster = useBench();

const H100: GpuPodSpecInput = { gpu: { types: ['H100_80GB'] } };

function messageOf({ status }: GpuPod): string | undefined {
  return status.conditions?.find(({ type }) => type === 'OfferSelected')?.message;
}

interface Unfulfillable {
  readonly why: string;
  readonly spec: GpuPodSpecInput;
  /** Reason of OfferSelected. */
  readonly because: string;
  /** The reasons in the metric. */
  readonly counts: readonly string[];
  readonly hint?: RegExp;
  /** Message of OfferSelected. */
  readonly says?: string;
}

const UNFULFILLABLE: readonly Unfulfillable[] = [
  {
    why: 'no offer has the image',
    spec: { ...H100, image: 'windows_11' },
    because: 'NoMatchingOffer',
    counts: ['ImageNotOffered'],
  },
  {
    why: 'the exact size is between two steps',
    spec: { ...H100, resources: { diskSize: 205, fit: 'Exact' } },
    because: 'NoMatchingOffer',
    counts: ['SizeNotOffered'],
    hint: /set resources\.diskSize to 200/,
  },
  {
    why: 'no offer has that much disk',
    spec: { ...H100, resources: { diskSize: 100_000 } },
    because: 'NoMatchingOffer',
    counts: ['SizeNotOffered'],
  },
  {
    why: 'the price is below every offer',
    spec: { ...H100, maxPrice: 1 },
    because: 'AboveMaxPrice',
    counts: ['AboveMaxPrice'],
    hint: /raise maxPrice to 1\.90 to match 1 offer/,
  },
  {
    why: 'the region has no offers',
    spec: { ...H100, placement: { regions: ['africa'] } },
    because: 'NoOffers',
    counts: [],
  },
  {
    why: 'only multi-node offers have that count',
    spec: { gpu: { types: ['H100_80GB'], count: 16 } },
    because: 'NoMatchingOffer',
    counts: ['MultiNode'],
    hint: /set gpu\.count to 1/,
    says: 'No offer has 16 × H100_80GB. Single-instance offers: 1 GPU. Multi-node offers exist, but the operator does not rent them.',
  },
  {
    why: 'the count is above every single-instance offer and below every multi-node offer',
    spec: { gpu: { types: ['H100_80GB'], count: 8 } },
    because: 'NoOffers',
    counts: ['GpuCountDiffers'],
    hint: /set gpu\.count to 1/,
    says: 'No offer has 8 × H100_80GB. Single-instance offers: 1 GPU. Multi-node offers exist, but the operator does not rent them.',
  },
  {
    why: 'the count is between those of the offers',
    spec: { gpu: { types: ['A100_80GB'], count: 3 } },
    because: 'NoOffers',
    counts: ['GpuCountDiffers'],
    hint: /set gpu\.count to/,
    says: 'No offer has 3 × A100_80GB. Single-instance offers: 1, 2, 4, 8 GPUs.',
  },
  {
    why: 'the GPU has no offers',
    spec: { gpu: { types: ['H200_96GB'] } },
    because: 'NoOffers',
    counts: [],
  },
  {
    why: 'the upstream provider has no stock',
    spec: { ...H100, placement: { providers: { allow: ['lambdalabs'] } } },
    because: 'AllOffersUnavailable',
    counts: ['Unavailable'],
  },
  {
    why: 'the spec requires the secure cloud, and all offers are of the community cloud',
    spec: { gpu: { types: ['A100_80GB'] }, placement: { providers: { allow: ['tensordock'] } } },
    because: 'NoMatchingOffer',
    counts: ['SecurityDiffers'],
    hint: /add hyperstack to placement\.providers\.allow/,
  },
  {
    why: 'all offers are spot offers, and the spec forbids them',
    spec: { gpu: { types: ['A100_80GB'] }, placement: { regions: ['eu_north'] } },
    because: 'NoMatchingOffer',
    counts: ['SpotForbidden'],
    hint: /placement\.spot/,
  },
];

describe('the choice of an offer', () => {
  it.each(UNFULFILLABLE)('reports $because when $why', async ({ spec, because, counts, hint, says }) => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('wanting', spec);
    const gpuPod = await scene.untilCondition('wanting', 'Ready=False NoMatchingOffer');
    const { rejections = [], hint: said = '' } = gpuPod.status;

    expect(conditionText(gpuPod, 'OfferSelected')).toBe(`False ${because}`);
    expect(conditionText(gpuPod, 'Reconciling')).toBe('True Searching');
    expect(rejections.map(({ reason }) => reason)).toEqual(expect.arrayContaining([...counts]));
    expect(rejections.every(({ count, nearest }) => count > 0 && nearest !== undefined)).toBe(true);
    expect(said).toMatch(hint ?? /^/);
    expect(messageOf(gpuPod)).toBe(says ?? messageOf(gpuPod));
    expect(scene.simulator.requests.count({ method: 'POST' })).toBe(0);
    await scene.untilEvent('wanting', new RegExp(`^${because}: `));
    expect((await scene.events('wanting')).filter((event) => event.startsWith(because))).toHaveLength(1);
  });

  it('reports an unknown GPU type at once, and suggests the correct one', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('mistyped', { gpu: { types: ['A100'] } });
    const gpuPod = await scene.untilCondition('mistyped', 'Synced=False InvalidRequest');
    const messages = (gpuPod.status.conditions ?? []).map(({ type, message }) => [type, message]);
    expect(Object.fromEntries(messages)).toMatchObject({
      Ready: expect.stringMatching(/GPU type A100 is not known to the provider; it has .*A100_80GB/),
      Synced: expect.stringContaining('Correct spec.gpu'),
    });
    await scene.patch('mistyped', { spec: { gpu: { types: ['A100_80GB'] } } });
    await scene.untilReady('mistyped');
  });

  it('succeeds after the user relaxes the requirements of a GpuPod without an instance', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('wanting', { ...H100, maxPrice: 1 });
    await scene.untilCondition('wanting', 'Ready=False NoMatchingOffer');
    await scene.patch('wanting', { spec: { maxPrice: 1.9 } });
    const { status } = await scene.untilReady('wanting');
    expect(status).toMatchObject({ cost: { pricePerHour: 1.9, maxPrice: 1.9 } });
    expect(status).not.toHaveProperty('hint');
    expect(status).not.toHaveProperty('rejections');
  });

  it('takes a later offer automatically', async () => {
    const scene = await cluster.open({ simulator: { offers: { gpus: [] } } });
    await scene.startOperator();
    await scene.create('patient', H100);
    await scene.untilCondition('patient', 'OfferSelected=False NoOffers');
    scene.simulator.offers.add(...loadOffers(DEFAULT_OFFERS_FILE).gpus);
    const { status } = await scene.untilReady('patient');
    expect(status.offer).toMatchObject({ provider: 'hyperstack', cloudId: 'n3-H100x1' });
  });

  it('tries each offer once with a rejected template, and then waits for the user', async () => {
    const scene = await cluster.open({
      simulator: { settings: { templates: [{ id: 'cm2szl4a20001tl3pyq7ua6o7', providers: ['akash'] }] } },
      flags: { 'cool-down-scale': '1' },
    });
    await scene.startOperator();
    await scene.create('odd', { ...H100, customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' });
    const gpuPod = await scene.untilCondition('odd', 'Ready=False NoMatchingOffer');
    expect(gpuPod.status.attempts).toMatchObject([
      { outcome: 'Refused', reason: 'TemplateIncompatible' },
      { outcome: 'Refused', reason: 'TemplateIncompatible' },
    ]);
    expect(gpuPod.status.rejections).toContainEqual(
      expect.objectContaining({ reason: 'CoolingDown', count: 2 }),
    );
    expect(scene.simulator.ledger.entries()).toEqual([]);
  });

  it('stalls after three offers reject the create request as invalid, until the user changes the spec', async () => {
    const scene = await cluster.open({ flags: { 'cool-down-scale': '1' } });
    const detail = { detail: 'Missing field: key not specified' };
    scene.simulator.faults.add({
      method: 'POST',
      path: '/pods/',
      effect: { kind: 'Answer', status: 400, body: detail },
    });
    await scene.startOperator();
    await scene.create('invalid', { gpu: { types: ['A100_80GB'] } });
    const gpuPod = await scene.untilCondition('invalid', 'Stalled=True InvalidRequest');
    expect(conditionText(gpuPod, 'Synced')).toBe('False InvalidRequest');
    expect(scene.simulator.requests.count({ method: 'POST' })).toBe(3);

    scene.simulator.faults.clear();
    await scene.patch('invalid', { spec: { image: 'ubuntu_22_cuda_12' } });
    await scene.untilReady('invalid');
  });
});
