import { describe, expect, it } from '@jest/globals';
import type { Answer } from '../../src/lifecycle/provider.ts';
import type { OfferList, OfferQuery } from '../../src/offers/offer-source.ts';
import { anOfferRow, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';
import { createVirtualClock } from './virtual-clock.ts';

const GPUS = '/api/v1/availability/gpus';
const MULTI_NODE = '/api/v1/availability/multi-node';
const SUMMARY = '/api/v1/availability/gpu-summary';
const LEGACY = '/api/v1/availability/';
const NOT_FOUND = { status: 404, json: { detail: 'Not found' } };
const EMPTY = { json: { items: [], totalCount: 0 } };

function aQuery(changes: Partial<OfferQuery> = {}): OfferQuery {
  return { gpuType: 'A100_80GB', gpuCount: 1, regions: [], disks: [], ...changes };
}

/** A server with one answer a path; without one, 404. */
function byPath(answers: Readonly<Record<string, CannedAnswer>>): (request: SeenRequest) => CannedAnswer {
  return ({ path }) => answers[path] ?? NOT_FOUND;
}

async function ask(
  answer: (request: SeenRequest) => CannedAnswer,
  query = aQuery(),
): Promise<{ answer: Answer<OfferList>; paths: string[]; seen: readonly SeenRequest[] }> {
  let found: Answer<OfferList> | undefined;
  const requests: SeenRequest[] = [];
  await withServer(answer, async ({ url, seen }) => {
    // No waiting: the pause before an empty answer is asked for again is not what is tested.
    const clock = { ...createVirtualClock(), sleep: async () => Promise.resolve() };
    found = await withProvider(url, (provider) => provider.listOffers(query), { clock });
    requests.push(...seen);
  });
  if (found === undefined) {
    throw new Error('the server did not run');
  }
  return { answer: found, paths: requests.map(({ path }) => path), seen: requests };
}

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
      name: 'words that are new',
      row: { region: 'moon', stockStatus: 'Tiny', security: 'x' },
      look: { region: 'moon', stockStatus: 'Tiny', security: 'x' },
    },
    { name: 'no stock status', row: { stockStatus: null }, look: { stockStatus: 'Available' } },
    {
      name: 'counts as texts',
      row: { gpuCount: '8', disk: { defaultCount: '100' } },
      look: { gpuCount: 8, disk: { defaultCount: 100, defaultIncludedInPrice: false } },
    },
    {
      name: 'no sizes at all',
      row: { disk: null, vcpu: undefined },
      look: { disk: { defaultIncludedInPrice: false }, vcpus: { defaultIncludedInPrice: false } },
    },
    {
      name: 'a community row',
      row: { prices: { onDemand: null, communityPrice: 1, isVariable: true, currency: 'EUR' } },
      look: { prices: { communityPrice: 1, isVariable: true, currency: 'EUR' } },
    },
    {
      name: 'a base price that is unusable is for the price check',
      row: { prices: { onDemand: -1, currency: 'USD' } },
      look: { prices: { onDemand: -1, isVariable: false, currency: 'USD' } },
    },
    { name: 'a reserved row', row: { prepaidTime: 24 }, look: { prepaidHours: 24 } },
    { name: 'a spot row', row: { isSpot: true }, look: { isSpot: true } },
    { name: 'an estimate of time', row: { provisioningTime: 15 }, look: { provisioningMinutes: 15 } },
    { name: 'odd images', row: { images: ['a', null, 3] }, look: { images: ['a'] } },
    { name: 'no images', row: { images: null }, look: { images: [] } },
  ])('$name', async ({ row, look }) => {
    const { answer } = await ask(() => ({ json: { items: [anOfferRow(row)], totalCount: 1 } }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [look], skippedRows: 0 } });
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
  ])('$name: the row is skipped and counted', async ({ row }) => {
    const { answer, paths } = await ask(() => ({ json: { items: [row, anOfferRow()], totalCount: 2 } }));

    expect(answer).toMatchObject({ value: { skippedRows: 1, offers: [{ provider: 'runpod' }] } });
    expect(paths).toHaveLength(1);
  });

  it('names of object members do no harm', async () => {
    const text = `{"items":[{"__proto__":{"cloudId":"x"}},${JSON.stringify(anOfferRow({ gpuType: '__proto__' }))}],"totalCount":2}`;
    const { answer } = await ask(() => ({ text }));

    expect(answer).toMatchObject({ value: { skippedRows: 1, offers: [{ gpuType: '__proto__' }] } });
  });
});

describe('listOffers: pages', () => {
  function pages(sizes: readonly number[], totalCount?: number): (request: SeenRequest) => CannedAnswer {
    return ({ query }) => {
      const size = sizes[Number(query.get('page')) - 1] ?? 0;
      return { json: { items: Array.from({ length: size }, () => anOfferRow()), totalCount } };
    };
  }

  it.each([
    { name: 'one page', sizes: [3], total: 3, offers: 3, requests: 1 },
    { name: 'a full page that is all', sizes: [100], total: 100, offers: 100, requests: 1 },
    { name: 'several pages', sizes: [100, 100, 1], total: 201, offers: 201, requests: 3 },
    { name: 'a total that is never reached', sizes: [100, 50], total: 9999, offers: 150, requests: 3 },
    { name: 'smaller pages than asked for', sizes: [50, 50, 8], total: 108, offers: 108, requests: 3 },
    { name: 'no total', sizes: [100, 7], total: undefined, offers: 107, requests: 2 },
    {
      name: 'pages without an end',
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

  it('asks with repeated keys', async () => {
    const query = aQuery({ regions: ['canada', 'eu_west'], disks: ['d1', 'd2'] });
    const { seen } = await ask(() => ({ json: { items: [anOfferRow()], totalCount: 1 } }), query);

    expect(seen.map((request) => `${request.path}?${request.query.toString()}`)).toEqual([
      `${GPUS}?gpu_type=A100_80GB&gpu_count=1&regions=canada&regions=eu_west&disks=d1&disks=d2&page=1&page_size=100`,
    ]);
  });

  it('fails as a whole when a page fails', async () => {
    const { answer } = await ask((request) =>
      request.query.get('page') === '1' ? pages([100], 150)(request) : { status: 503, json: {} },
    );

    expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable' });
  });
});

describe('listOffers: the legacy endpoint', () => {
  it('is asked where the current one does not exist, and is remembered', async () => {
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

  it('is not asked because of the page of a proxy, or of another error', async () => {
    for (const answer of [
      { status: 404, text: '<html>' },
      { status: 500, json: {} },
    ]) {
      const { paths } = await ask(() => answer);

      expect(paths).toEqual([GPUS]);
    }
  });

  it('neither exists', async () => {
    const { answer } = await ask(() => NOT_FOUND);

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse', httpStatus: 404 });
  });
});

describe('listOffers: an empty answer', () => {
  const stock = { onDemand: 1.2, communityPrice: null, spotPrice: null };
  const none = { onDemand: null, communityPrice: null, spotPrice: null };

  it('is asked for again, and rows are believed at once', async () => {
    let requests = 0;
    const { answer, paths } = await ask(() => {
      requests += 1;
      return requests === 1 ? EMPTY : { json: { items: [anOfferRow()], totalCount: 1 } };
    });

    expect(answer).toMatchObject({ value: { offers: [{ provider: 'runpod' }] } });
    expect(paths).toEqual([GPUS, GPUS]);
  });

  it.each([
    { name: 'this type and count anywhere', summary: { A100_80GB: { 1: { cheapest: stock } } }, query: {} },
    {
      name: 'in one of the regions',
      summary: { A100_80GB: { 1: { canada: stock } } },
      query: { regions: ['africa', 'canada'] },
    },
    {
      name: 'spot only',
      summary: { A100_80GB: { 1: { cheapest: { ...none, spotPrice: 0.5 } } } },
      query: {},
    },
  ])('is not believed while the summary shows $name', async ({ summary, query }) => {
    const { answer } = await ask(byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: summary } }), aQuery(query));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });

  it.each([
    { name: 'nothing', summary: {}, query: {} },
    { name: 'another type', summary: { H100_80GB: { 1: { cheapest: stock } } }, query: {} },
    { name: 'another count', summary: { A100_80GB: { 8: { cheapest: stock } } }, query: {} },
    {
      name: 'another region',
      summary: { A100_80GB: { 1: { cheapest: stock, canada: stock } } },
      query: { regions: ['africa'] },
    },
    { name: 'no price', summary: { A100_80GB: { 1: { cheapest: none, canada: null } } }, query: {} },
    {
      name: 'stock, but not where the disks are',
      summary: { A100_80GB: { 1: { cheapest: stock } } },
      query: { disks: ['d1'] },
    },
  ])('is believed if the summary shows $name', async ({ summary, query }) => {
    const { answer } = await ask(
      byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: summary }, [MULTI_NODE]: EMPTY }),
      aQuery(query),
    );

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [], skippedRows: 0 } });
  });

  it('is believed where there is no summary', async () => {
    const { answer, paths } = await ask(byPath({ [GPUS]: EMPTY }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [] } });
    expect(paths).toEqual([GPUS, GPUS, SUMMARY, MULTI_NODE]);
  });

  it('is not believed when the summary cannot be had', async () => {
    const { answer } = await ask(byPath({ [GPUS]: EMPTY, [SUMMARY]: { status: 500, json: {} } }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable' });
  });

  it('is explained by clusters', async () => {
    const clusters = { json: { items: [anOfferRow()], totalCount: 1 } };
    const { answer } = await ask(byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: {} }, [MULTI_NODE]: clusters }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [{ multiNode: true }] } });
  });

  it('does not need the explanation', async () => {
    const { answer } = await ask(
      byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: {} }, [MULTI_NODE]: { status: 500, json: {} } }),
    );

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [] } });
  });

  it.each([
    { name: 'no items', json: { totalCount: 0 } },
    { name: 'null items', json: { items: null, totalCount: 0 } },
    { name: 'the envelope of another endpoint', json: { data: [], total_count: 0 } },
  ])('$name is no empty answer', async ({ json }) => {
    const { answer, paths } = await ask(() => ({ json }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(paths).toEqual([GPUS]);
  });
});
