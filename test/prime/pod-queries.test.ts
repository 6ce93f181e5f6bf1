import { describe, expect, it } from '@jest/globals';
import { podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';

describe('getPodStatuses', () => {
  function row(podId: unknown): Record<string, unknown> {
    return { podId, providerType: 'x', status: 'ACTIVE' };
  }

  it('asks for 100 at a time, each once', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `p${String(index)}`);
    await withServer(
      ({ query }) => ({ json: { data: query.getAll('pod_ids').map(row), status: null } }),
      async ({ url, seen }) => {
        const answer = await withProvider(url, (p) => p.getPodStatuses([...ids, 'p0']));

        expect(seen.map(({ query }) => query.getAll('pod_ids').length)).toEqual([100, 100, 50]);
        expect('value' in answer ? answer.value.map(({ podId }) => podId) : answer).toEqual(ids);
      },
    );
  });

  it('asks nobody about nothing', async () => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        expect(await withProvider(url, (p) => p.getPodStatuses([]))).toEqual({ kind: 'ok', value: [] });
        expect(seen).toHaveLength(0);
      },
    );
  });

  it.each([
    { name: 'unknown ids are left out by the server', data: [row('p1')], ids: ['p1'] },
    { name: 'null is empty', data: null, ids: [] },
    { name: 'a row that cannot be read', data: [row('p1'), { status: 'ACTIVE' }, null], ids: ['p1'] },
    { name: 'a row that nobody asked for', data: [row('p1'), row('p9')], ids: ['p1'] },
    { name: 'a row twice', data: [row('p1'), row('p1')], ids: ['p1'] },
  ])('$name', async ({ data, ids }) => {
    await withServer(
      () => ({ json: { data, status: null } }),
      async ({ url }) => {
        const answer = await withProvider(url, (p) => p.getPodStatuses(['p1', 'p2']));

        expect('value' in answer ? answer.value.map(({ podId }) => podId) : answer).toEqual(ids);
      },
    );
  });

  it.each([
    { name: 'no row that can be read', data: [{ id: 'p1' }, {}] },
    { name: 'an object instead of rows', data: {} },
  ])('$name is a failure: the shape has changed', async ({ data }) => {
    await withServer(
      () => ({ json: { data } }),
      async ({ url }) => {
        expect(await withProvider(url, (p) => p.getPodStatuses(['p1']))).toMatchObject({
          reason: 'UnexpectedResponse',
        });
      },
    );
  });

  it('one chunk that fails fails all: its pods must not look as if they were missing', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `p${String(index)}`);
    await withServer(
      ({ query }) =>
        query.has('pod_ids', 'p0') ? { json: { data: [row('p0')] } } : { status: 503, json: { detail: 'x' } },
      async ({ url }) => {
        expect(await withProvider(url, (p) => p.getPodStatuses(ids))).toMatchObject({
          reason: 'ApiUnavailable',
        });
      },
    );
  });
});

describe('listHistory', () => {
  it('reads on where the total says that there is more, newest end first, and only pods', async () => {
    const first = {
      id: 'h1',
      name: 'n',
      type: 'Instance',
      createdAt: 'a',
      terminatedAt: 'b',
      totalBilledPrice: 1.5,
    };
    const rows = [
      first,
      { ...first, id: 'd1', type: 'Disk' },
      { id: 'h2', name: 'n' },
      { name: 'without id' },
    ];
    await withServer(
      ({ query }) => ({
        json: podsPage(query.get('offset') === '0' ? rows : [{ ...first, id: 'h3' }], 1000),
      }),
      async ({ url, seen }) => {
        const answer = await withProvider(url, (p) => p.listHistory());

        expect(answer).toEqual({
          kind: 'ok',
          value: [
            { podId: 'h1', name: 'n', createdAt: 'a', terminatedAt: 'b', totalBilledUsd: 1.5 },
            { podId: 'h2', name: 'n' },
            { podId: 'h3', name: 'n', createdAt: 'a', terminatedAt: 'b', totalBilledUsd: 1.5 },
          ],
        });
        expect(seen.map(({ query }) => query.toString())).toEqual([
          'sort_by=terminatedAt&sort_order=desc&offset=0&limit=100',
          'sort_by=terminatedAt&sort_order=desc&offset=4&limit=100',
          'sort_by=terminatedAt&sort_order=desc&offset=5&limit=100',
        ]);
      },
    );
  });

  it.each([0, undefined, 100, 'x'])('goes on behind a full page where the total is %s', async (total) => {
    const all = Array.from({ length: 250 }, (_, index) => ({ id: `h${String(index)}`, name: 'n' }));
    await withServer(
      ({ query }) => {
        const offset = Number(query.get('offset'));
        return { json: { data: all.slice(offset, offset + 100), total_count: total } };
      },
      async ({ url, seen }) => {
        const answer = await withProvider(url, (p) => p.listHistory());

        expect('value' in answer ? answer.value.length : answer).toBe(200);
        expect(seen).toHaveLength(2);
      },
    );
  });

  it('ends where the server gives the same page again, and keeps what it had where a later page fails', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({ id: `h${String(index)}`, name: 'n' }));
    for (const later of [{ json: podsPage(rows) }, { status: 500, json: { detail: 'x' } }]) {
      await withServer(
        ({ query }) => (query.get('offset') === '0' ? { json: podsPage(rows, 150) } : later),
        async ({ url, seen }) => {
          const answer = await withProvider(url, (p) => p.listHistory());

          expect('value' in answer ? answer.value.length : answer).toBe(100);
          expect(seen).toHaveLength(2);
        },
      );
    }
  });

  it('reads one page where that is all', async () => {
    await withServer(
      () => ({ json: podsPage([]) }),
      async ({ url, seen }) => {
        expect(await withProvider(url, (p) => p.listHistory())).toEqual({ kind: 'ok', value: [] });
        expect(seen).toHaveLength(1);
      },
    );
  });
});
