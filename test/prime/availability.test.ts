import { describe, expect, it } from '@jest/globals';
import { aQuery, ask, byPath, GPUS, LEGACY, NOT_FOUND } from './ask-offers.ts';
import { anOfferRow, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';
import { createVirtualClock } from './virtual-clock.ts';

describe('listOffers: rows', () => {
  it('reads a real row', async () => {
    const { answer } = await ask(() => ({ json: { items: [anOfferRow()], totalCount: 1 } }));

    expect(answer).toEqual({
      kind: 'ok',
      value: {
        skippedRows: 0,
        beganAtMs: 0,
        offers: [
          {
            provider: 'runpod',
            cloudId: 'NVIDIA A100-SXM4-80GB',
            gpuType: 'A100_80GB',
            socket: 'SXM4',
            gpuCount: 1,
            gpuMemory: 80,
            region: 'united_states',
            dataCenter: 'US-KS-2',
            country: 'US',
            security: 'secure_cloud',
            isSpot: false,
            stockStatus: 'Low',
            images: ['ubuntu_22_cuda_12', 'cuda_12_6_pytorch_2_7', 'custom_template', 'prime_rl'],
            multiNode: false,
            prices: { onDemand: 1.7568, isVariable: false, currency: 'USD' },
            disk: {
              minCount: 120,
              defaultCount: 120,
              maxCount: 3000,
              step: 1,
              pricePerUnit: 0.00014,
              defaultIncludedInPrice: false,
            },
            vcpus: { defaultCount: 16, defaultIncludedInPrice: false },
            memory: { defaultCount: 251, defaultIncludedInPrice: false },
          },
        ],
      },
    });
  });

  it.each([
    {
      name: 'unknown words',
      row: { region: 'moon', stockStatus: 'Tiny', security: 'x' },
      snapshot: { region: 'moon', stockStatus: 'Tiny', security: 'x' },
    },
    { name: 'no stock status', row: { stockStatus: null }, snapshot: { stockStatus: 'Available' } },
    {
      name: 'counts as strings',
      row: { gpuCount: '8', disk: { defaultCount: '100' } },
      snapshot: { gpuCount: 8, disk: { defaultCount: 100, defaultIncludedInPrice: false } },
    },
    {
      name: 'no sizes at all',
      row: { disk: null, vcpu: undefined },
      snapshot: { disk: { defaultIncludedInPrice: false }, vcpus: { defaultIncludedInPrice: false } },
    },
    {
      name: 'a community row',
      row: { prices: { onDemand: null, communityPrice: 1, isVariable: true, currency: 'EUR' } },
      snapshot: { prices: { communityPrice: 1, isVariable: true, currency: 'EUR' } },
    },
    {
      name: 'an unusable base price, which the price check handles',
      row: { prices: { onDemand: -1, currency: 'USD' } },
      snapshot: { prices: { onDemand: -1, isVariable: false, currency: 'USD' } },
    },
    { name: 'a reserved row', row: { prepaidTime: 24 }, snapshot: { prepaidHours: 24 } },
    { name: 'a spot row', row: { isSpot: true }, snapshot: { isSpot: true } },
    { name: 'a spot row, said in text', row: { isSpot: 'True' }, snapshot: { isSpot: true } },
    { name: 'a spot row, said in a digit', row: { isSpot: 1 }, snapshot: { isSpot: true } },
    {
      name: 'a disk that is included, said in text',
      row: { disk: { defaultIncludedInPrice: 'true' } },
      snapshot: { disk: { defaultIncludedInPrice: true } },
    },
    { name: 'an estimated time', row: { provisioningTime: 15 }, snapshot: { provisioningMinutes: 15 } },
    { name: 'odd images', row: { images: ['a', null, 3] }, snapshot: { images: ['a'] } },
    { name: 'no images', row: { images: null }, snapshot: { images: [] } },
  ])('$name', async ({ row, snapshot }) => {
    const { answer } = await ask(() => ({ json: { items: [anOfferRow(row)], totalCount: 1 } }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [snapshot], skippedRows: 0 } });
  });

  it.each([
    { name: 'null', row: null },
    { name: 'no id', row: anOfferRow({ cloudId: undefined }) },
    { name: 'no provider', row: anOfferRow({ provider: null }) },
    { name: 'no count', row: anOfferRow({ gpuCount: 0 }) },
    { name: 'half a GPU', row: anOfferRow({ gpuCount: 0.5 }) },
    { name: 'no prices', row: anOfferRow({ prices: null }) },
    { name: 'a price that would become free', row: anOfferRow({ disk: { pricePerUnit: 'much' } }) },
    { name: 'a price that would take money off', row: anOfferRow({ vcpu: { pricePerUnit: -1 } }) },
    { name: 'a size that would be the default', row: anOfferRow({ memory: { defaultCount: {} } }) },
    { name: 'included or not?', row: anOfferRow({ disk: { defaultIncludedInPrice: 'yes' } }) },
    { name: 'reserved or not?', row: anOfferRow({ prepaidTime: 'yes' }) },
    { name: 'spot or not?', row: anOfferRow({ isSpot: 'yes' }) },
  ])('skips and counts a row with $name', async ({ row }) => {
    const { answer, paths } = await ask(() => ({ json: { items: [row, anOfferRow()], totalCount: 2 } }));

    expect(answer).toMatchObject({ value: { skippedRows: 1, offers: [{ provider: 'runpod' }] } });
    expect(paths).toHaveLength(1);
  });

  it('fails if no row can be read, instead of reporting no offer', async () => {
    const { answer } = await ask(() => ({ json: { items: [{ cloudId: 7 }, null], totalCount: 2 } }));

    expect(answer).toMatchObject({
      kind: 'failure',
      reason: 'UnexpectedResponse',
      message: expect.stringContaining('none of the 2 offers can be read'),
    });
  });

  it('accepts names of object members', async () => {
    const text = `{"items":[{"__proto__":{"cloudId":"x"}},${JSON.stringify(anOfferRow({ gpuType: '__proto__' }))}],"totalCount":2}`;
    const { answer } = await ask(() => ({ text }));

    expect(answer).toMatchObject({ value: { skippedRows: 1, offers: [{ gpuType: '__proto__' }] } });
  });
});

describe('listOffers: pages', () => {
  function pages(sizes: readonly number[], totalCount?: number): (request: SeenRequest) => CannedAnswer {
    return ({ query }) => {
      const size = sizes[Number(query.get('page')) - 1] ?? 0;
      const row = (_: unknown, index: number): object =>
        anOfferRow({ cloudId: `${String(query.get('page'))}-${String(index)}` });
      return { json: { items: Array.from({ length: size }, row), totalCount } };
    };
  }

  it.each([
    { name: 'one page', sizes: [3], total: 3, offers: 3, requests: 1 },
    { name: 'one full page and no more', sizes: [100], total: 100, offers: 100, requests: 2 },
    { name: 'a total of 0 after a full page', sizes: [100, 30], total: 0, offers: 130, requests: 2 },
    { name: 'a total of 0 and small pages', sizes: [30, 30, 5], total: 0, offers: 65, requests: 3 },
    {
      name: 'the length of small pages as the total',
      sizes: [30, 30, 5],
      total: 30,
      offers: 65,
      requests: 3,
    },
    { name: 'several pages', sizes: [100, 100, 1], total: 201, offers: 201, requests: 3 },
    { name: 'a total that is never reached', sizes: [100, 50], total: 9999, offers: 150, requests: 3 },
    { name: 'smaller pages than asked for', sizes: [50, 50, 8], total: 108, offers: 108, requests: 3 },
    { name: 'no total', sizes: [100, 7], total: undefined, offers: 107, requests: 2 },
    {
      name: 'endless pages',
      sizes: Array.from({ length: 99 }, () => 100),
      total: 1e6,
      offers: 5000,
      requests: 50,
    },
  ])('$name', async ({ sizes, total, offers, requests }) => {
    const { answer, paths } = await ask(pages(sizes, total));

    expect('value' in answer ? answer.value.offers.length : answer).toBe(offers);
    expect(paths).toHaveLength(requests);
  });

  it('repeats query keys for lists', async () => {
    const query = aQuery({ regions: ['canada', 'eu_west'], disks: ['d1', 'd2'] });
    const { seen } = await ask(() => ({ json: { items: [anOfferRow()], totalCount: 1 } }), query);

    expect(seen.map((request) => `${request.path}?${request.query.toString()}`)).toEqual([
      `${GPUS}?gpu_type=A100_80GB&gpu_count=1&regions=canada&regions=eu_west&disks=d1&disks=d2&page=1&page_size=100`,
    ]);
  });

  it('stops when the server repeats a page', async () => {
    const { answer, paths } = await ask(() => ({ json: { items: [anOfferRow()], totalCount: 0 } }));

    expect('value' in answer ? answer.value.offers.length : answer).toBe(1);
    expect(paths).toHaveLength(2);
  });

  it('keeps the pages before a failed one, and reports the failure', async () => {
    const { answer } = await ask((request) =>
      request.query.get('page') === '1' ? pages([100], 150)(request) : { status: 503, json: {} },
    );

    expect('value' in answer ? answer.value.offers.length : answer).toBe(100);
    expect(answer).toMatchObject({ value: { missing: { reason: 'ApiUnavailable' } } });
  });
});

describe('listOffers: the legacy endpoint', () => {
  it('is used if the current one does not exist, and remembered', async () => {
    const rows = { A100_80GB: [anOfferRow()], A40_48GB: [anOfferRow({ gpuType: 'A40_48GB' }), null] };
    await withServer(byPath({ [LEGACY]: { json: rows } }), async ({ url, seen }) => {
      const clock = createVirtualClock();
      await withProvider(
        url,
        async (provider) => {
          expect(await provider.listOffers(aQuery())).toMatchObject({
            value: { skippedRows: 1, offers: [{ gpuType: 'A100_80GB' }, { gpuType: 'A40_48GB' }] },
          });
          await clock.advance(9 * 60_000);
          await provider.listOffers(aQuery());
          await clock.advance(60_000);
          await provider.listOffers(aQuery());
        },
        { clock },
      );

      expect(seen.map(({ path }) => path)).toEqual([GPUS, LEGACY, LEGACY, GPUS, LEGACY]);
      expect(seen[1]?.query.get('page_size')).toBe('500');
    });
  });

  it('is not used after a proxy’s page or another error', async () => {
    for (const answer of [
      { status: 404, text: '<html>' },
      { status: 500, json: {} },
    ]) {
      const { paths } = await ask(() => answer);

      expect(paths).toEqual([GPUS]);
    }
  });

  it('fails if neither exists', async () => {
    const { answer } = await ask(() => NOT_FOUND);

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse', httpStatus: 404 });
  });
});
