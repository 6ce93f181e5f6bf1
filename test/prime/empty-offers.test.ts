import { describe, expect, it } from '@jest/globals';
import { aQuery, ask, byPath, EMPTY, GPUS, MULTI_NODE, SUMMARY } from './ask-offers.ts';
import { anOfferRow } from './builders.ts';

describe('listOffers: an empty answer', () => {
  const stock = { onDemand: 1.2, communityPrice: null, spotPrice: null };
  const none = { onDemand: null, communityPrice: null, spotPrice: null };

  it('is requested again, and rows of the second answer count', async () => {
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
  ])('is rejected while the summary shows $name', async ({ summary, query }) => {
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
  ])('is accepted if the summary shows $name', async ({ summary, query }) => {
    const { answer } = await ask(
      byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: summary }, [MULTI_NODE]: EMPTY }),
      aQuery(query),
    );

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [], skippedRows: 0 } });
  });

  it('is accepted if there is no summary', async () => {
    const { answer, paths } = await ask(byPath({ [GPUS]: EMPTY }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [] } });
    expect(paths).toEqual([GPUS, GPUS, SUMMARY, GPUS, MULTI_NODE]);
  });

  it('is rejected if the summary fails', async () => {
    const { answer } = await ask(byPath({ [GPUS]: EMPTY, [SUMMARY]: { status: 500, json: {} } }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable' });
  });

  it('is explained by multi-node offers', async () => {
    const clusters = { json: { items: [anOfferRow()], totalCount: 1 } };
    const { answer } = await ask(byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: {} }, [MULTI_NODE]: clusters }));

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [{ multiNode: true }] } });
  });

  it('is explained by offers of other counts, none of which can be rented by mistake', async () => {
    const rows = [1, 2, 4].map((gpuCount) => anOfferRow({ gpuCount }));
    const { answer, seen } = await ask(
      (request) =>
        request.path.endsWith(GPUS) && !request.query.has('gpu_count')
          ? { json: { items: rows, totalCount: 3 } }
          : request.path.endsWith(SUMMARY)
            ? { json: {} }
            : EMPTY,
      aQuery({ gpuCount: 4 }),
    );

    const counts = answer.kind === 'ok' ? answer.value.offers.map(({ gpuCount }) => gpuCount) : [];
    expect(counts).toEqual([1, 2]);
    expect(seen.map(({ query }) => query.get('gpu_count'))).toEqual(['4', '4', null, null, null]);
  });

  it('is accepted without the explanation if that fails', async () => {
    const { answer } = await ask(
      byPath({ [GPUS]: EMPTY, [SUMMARY]: { json: {} }, [MULTI_NODE]: { status: 500, json: {} } }),
    );

    expect(answer).toMatchObject({ kind: 'ok', value: { offers: [] } });
  });

  it.each([
    { name: 'no items', json: { totalCount: 0 } },
    { name: 'null items', json: { items: null, totalCount: 0 } },
    { name: 'the envelope of another endpoint', json: { data: [], total_count: 0 } },
  ])('is not $name', async ({ json }) => {
    const { answer, paths } = await ask(() => ({ json }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(paths).toEqual([GPUS]);
  });
});
