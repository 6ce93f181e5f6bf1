import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { Condition } from '../../src/api/gpupod/status.ts';
import { askProvider } from '../../src/cli/offers/ask-provider.ts';
import { systemClock } from '../../src/clock.ts';
import { rentFromOffers } from '../../src/lifecycle/rules/rent.ts';
import { REJECTION_REASONS } from '../../src/offers/rejections.ts';
import { literalApiKey } from '../../src/prime/api-key.ts';
import { gpuPod as aGpuPod, rentedStatus } from '../support/builders/gpu-pod.ts';
import { observation } from '../support/builders/observation.ts';
import { H100, manifest, useOffers } from './support/use-offers.ts';

const cli = useOffers();

describe('gpupod offers', () => {
  it('shows the offer that the operator would rent, the others that fit, and why the rest does not', async () => {
    const { code, out, err } = await cli.offers('--gpu', 'H100_80GB', '--max-price', '3');

    expect(out).toBe(
      [
        'Would rent the cheapest of 2 offers that fit: hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h; 2 others rejected. Cap in the create request: 3.00 USD/h.',
        '',
        'RANK   PROVIDER     OFFER       GPU         COUNT   PLACE      STOCK       $/H    GPU-$   DISK-$   VCPU-$   MEM-$',
        '1      hyperstack   n3-H100x1   H100_80GB   1       CANADA-1   Available   1.90   1.90    0.00     0.00     0.00',
        '2      hyperstack   n3-H100x1   H100_80GB   1       US-1       Available   2.72   2.69    0.03     0.00     0.00',
        '',
        'Rejected:',
        'REASON            PROVIDER     OFFER              GPU         COUNT   PLACE       STOCK         $/H      DETAIL',
        'CurrencyDiffers   scaleway     H100-1-80G         H100_80GB   1       fr-par-2    Available     <none>   EUR',
        'Unavailable       lambdalabs   gpu_1x_h100_pcie   H100_80GB   1       us-west-3   Unavailable   1.49     <none>',
      ].join('\n'),
    );
    expect([code, err]).toEqual([0, '']);
  });

  it('adds sizes, place and terms with -o wide', async () => {
    const { out } = await cli.offers('--gpu', 'H100_80GB', '--disk-size', '500', '-o', 'wide');

    expect(out).toMatch(/^RANK .* SIZES +SOCKET +SECURITY +REGION +SPOT +PREPAID-HOURS$/m);
    expect(out).toMatch(/^1 .* 500 GB disk, \d+ vCPUs, \d+ GB memory +PCIe +secure_cloud +\w+ +no +<none>$/m);
    expect(out).toMatch(/^REASON .* DETAIL +SOCKET/m);
  });

  it('prints its decision, the offers and the rejections as JSON', async () => {
    const { out } = await cli.offers('--gpu', 'H100_80GB', '--max-price', '2', '-o', 'json');

    expect(JSON.parse(out)).toMatchObject({
      currency: 'USD',
      decision: { rents: true, provider: 'hyperstack', cloudId: 'n3-H100x1', pricePerHour: 1.9, cap: 2 },
      offers: [
        {
          rank: 1,
          dataCenter: 'CANADA-1',
          pricePerHour: 1.9,
          price: { gpu: 1.9, disk: 0, vcpus: 0, memory: 0 },
        },
      ],
      rejected: [
        { reason: 'AboveMaxPrice', pricePerHour: 2.72, meaning: REJECTION_REASONS.AboveMaxPrice },
        { reason: 'CurrencyDiffers', detail: 'EUR' },
        { reason: 'Unavailable', cloudId: 'gpu_1x_h100_pcie' },
      ],
      notes: [],
    });
  });

  it('says why nothing fits, and what would help', async () => {
    const { code, out } = await cli.offers('--gpu', 'H100_80GB', '--max-price', '1.50');

    expect(out).toMatch(
      /^Would rent nothing \(AboveMaxPrice\): The offers that fit cost more than maxPrice, 1\.50 USD per hour\./,
    );
    expect(out).toMatch(/^AboveMaxPrice +hyperstack +n3-H100x1 .* 1\.90 /m);
    expect(out).toContain('Hint: raise maxPrice to 1.90 to match 1 offer');
    expect(code).toBe(0);
  });

  it('rents nothing, and asks only for offers', async () => {
    await cli.offers('--gpu', 'H100_80GB');

    expect(cli.simulator.requests.all().map(({ method, path: asked }) => `${method} ${asked}`)).toEqual([
      'GET /availability/gpus',
    ]);
  });

  it.each([
    { name: 'the cheapest', spec: H100 },
    { name: 'a size that costs extra', spec: { ...H100, resources: { diskSize: 500 } } },
    { name: 'the best stock', spec: { gpu: { types: ['A100_80GB', 'H100_80GB'] }, strategy: 'BestStock' } },
    {
      name: 'the first of two types',
      spec: { gpu: { types: ['H100_80GB', 'A100_80GB'] }, strategy: 'Ordered' },
    },
    { name: 'spot', spec: { gpu: { types: ['A100_80GB'] }, placement: { spot: 'Require' } } },
    { name: 'a place', spec: { ...H100, placement: { countries: ['US'] } } },
  ] satisfies readonly { name: string; spec: GpuPodSpecInput }[])(
    'chooses what the operator chooses: $name',
    async ({ spec }) => {
      const gpuPod = aGpuPod({ spec });
      const { out } = await cli.offers('-f', await cli.write('pod.yaml', manifest(spec)), '-o', 'json');

      const key = literalApiKey(cli.simulator.apiKey);
      const env = { PRIME_API_BASE_URL: cli.simulator.url };
      const found = await askProvider({ env, clock: systemClock, print: noop, warn: noop }, key, gpuPod);
      const step = rentFromOffers(observation({ gpuPod, atMs: found.beganAtMs, offers: found }));

      const effect = step.kind === 'act' && step.effect.type === 'createPod' ? step.effect : undefined;
      expect(JSON.parse(out)).toMatchObject({
        decision: {
          rents: true,
          provider: effect?.intent.offer.provider,
          cloudId: effect?.intent.offer.cloudId,
          pricePerHour: (effect?.intent.cost.total ?? 0) / 1e6,
          cap: (effect?.intent.capSent ?? 0) / 1e6,
        },
      });
    },
  );
});

describe('the GpuPod of the offers', () => {
  it('is that of the cluster, with what it has cost', async () => {
    cli.bench.put({ spec: { ...H100, maxTotalCost: 5 }, status: { attemptsCost: 4 } });

    const { out } = await cli.offers('train-1');

    expect(out).toMatch(/^AboveMaxTotalCost +hyperstack/m);
  });

  it.each([
    ['an instance', { status: rentedStatus() }, 'The GpuPod has the instance pod-1.'],
    ['a pause', { annotations: { 'gpupod.dev/paused': 'true' } }, 'The GpuPod is paused'],
    ['a deletion', { isDeleting: true }, 'The GpuPod is being deleted'],
    ['a suspension', { spec: { ...H100, suspend: true } }, 'spec.suspend is true'],
    [
      'a hold of the operator',
      { status: { conditions: [notAllowed()] } },
      'The operator reports NotAllowed: No such team.',
    ],
  ])(
    'comes with a note about %s, because the operator does not rent for it now',
    async (_name, overrides, note) => {
      cli.bench.put({ spec: H100, ...overrides });

      const { out } = await cli.offers('train-1');

      expect(out).toContain(`Note: ${note}`);
    },
  );

  it('may be changed by flags, to see what would happen', async () => {
    cli.bench.put({ spec: { ...H100, maxPrice: 1 } });

    expect((await cli.offers('train-1')).out).toContain('Would rent nothing');
    expect((await cli.offers('train-1', '--max-price', '2')).out).toContain(
      'Would rent the only offer that fits',
    );
    expect((await cli.offers('train-1', '--max-price', '2', '--country', 'US,FR')).out).toMatch(
      /^CountryNotAllowed/m,
    );
  });

  it('is limited by the ceiling of the operator, where it is given', async () => {
    const { out } = await cli.offers('--gpu', 'H100_80GB', '--max-price', '5', '--max-price-ceiling', '1.80');

    expect(out).toContain("the operator's price ceiling, 1.80 USD per hour");
  });

  it('is one of a file, by name if there are several', async () => {
    const two = await cli.write(
      'two.yaml',
      `${manifest(H100, 'a')}---\n${manifest({ gpu: { types: ['A100_80GB'] } }, 'b')}`,
    );

    expect((await cli.offers('b', '-f', two)).out).toMatch(/^1 .* A100_80GB /m);
    expect((await cli.offers('-f', two)).err).toContain('has several GpuPods: choose one by its name: a, b');
    expect((await cli.offers('c', '-f', two)).err).toContain('has no GpuPod c; it has a, b');
    expect(cli.bench.server.requests).toEqual([]);
  });
});

function noop(): void {
  // These texts are of no interest here.
}

function notAllowed(): Condition {
  return {
    type: 'Synced',
    status: 'False',
    observedGeneration: 1,
    lastTransitionTime: '2026-11-23T10:00:00Z',
    reason: 'NotAllowed',
    message: 'No such team.',
  };
}
