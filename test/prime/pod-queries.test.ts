import { describe, expect, it } from '@jest/globals';
import { podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';

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
        expect('value' in answer ? answer.value.snapshots.map(({ podId }) => podId) : answer).toEqual(ids);
      },
    );
  });

  it('asks nobody about nothing', async () => {
    await withServer(
      () => ({ json: {} }),
      async ({ url, seen }) => {
        expect(await withProvider(url, (p) => p.getPodStatuses([]))).toEqual({
          kind: 'ok',
          value: { snapshots: [], failed: new Map() },
        });
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

        expect('value' in answer ? answer.value.snapshots.map(({ podId }) => podId) : answer).toEqual(ids);
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

  const ids = Array.from({ length: 250 }, (_, index) => `p${String(index)}`);
  const outage = { status: 503, json: { detail: 'x' } };

  interface Asked {
    readonly snapshots: number;
    readonly failed: readonly string[];
    readonly requests: number;
  }

  /** Asks so many times, and tells of the last. */
  async function ask(answer: (request: SeenRequest, nth: number) => CannedAnswer, times = 1): Promise<Asked> {
    let asked: Asked = { snapshots: 0, failed: [], requests: 0 };
    let nth = 0;
    await withServer(
      (request) => {
        nth += 1;
        return answer(request, nth);
      },
      async ({ url, seen }) => {
        await withProvider(url, async (p) => {
          for (let time = 0; time < times; time += 1) {
            const before = seen.length;
            const got = await p.getPodStatuses(ids);
            const { snapshots, failed } =
              'value' in got ? got.value : { snapshots: [], failed: new Map(ids.map((id) => [id, got])) };
            asked = {
              snapshots: snapshots.length,
              failed: [...failed.keys()],
              requests: seen.length - before,
            };
          }
        });
      },
    );
    return asked;
  }

  const good = ({ query }: SeenRequest): CannedAnswer => ({
    json: { data: query.getAll('pod_ids').map(row), status: null },
  });

  it('asks for a chunk that fails once more', async () => {
    expect(await ask((request, nth) => (nth % 2 === 1 ? outage : good(request)))).toEqual({
      snapshots: 250,
      failed: [],
      requests: 6,
    });
  });

  it('keeps the good chunks where one fails, and does not take its pods for missing', async () => {
    const asked = await ask((request) => (request.query.has('pod_ids', 'p100') ? outage : good(request)));

    expect(asked).toEqual({ snapshots: 150, failed: ids.slice(100, 200), requests: 4 });
  });

  it.each([400, 404, 414, 422])(
    'an id that the server refuses with %i costs that id alone',
    async (status) => {
      const refusing = (request: SeenRequest): CannedAnswer =>
        request.query.has('pod_ids', 'p133') ? { status, json: { detail: 'bad id' } } : good(request);

      expect(await ask(refusing)).toMatchObject({ snapshots: 249, failed: ['p133'] });
      // From then on it is asked for by itself.
      expect(await ask(refusing, 2)).toEqual({ snapshots: 249, failed: ['p133'], requests: 4 });
    },
  );

  it('finds out two of them in two rounds, and asks no more often than that may need', async () => {
    const bad = ['p3', 'p98'];
    const refusing = (request: SeenRequest): CannedAnswer =>
      bad.some((podId) => request.query.has('pod_ids', podId))
        ? { status: 400, json: { detail: 'bad id' } }
        : good(request);

    expect(await ask(refusing, 3)).toEqual({ snapshots: 248, failed: bad, requests: 5 });
  });

  it.each([
    { name: 'a key that is refused', status: 401, requests: 1 },
    { name: 'a rate limit', status: 429, requests: 1 },
    { name: 'a server that is down', status: 503, requests: 4 },
    { name: 'a server that refuses every id', status: 400, requests: 54 },
  ])('$name fails all, with $requests requests at most', async ({ status, requests }) => {
    const asked = await ask(() => ({ status, json: { detail: 'x' } }));

    expect(asked.failed).toHaveLength(250);
    expect(asked.requests).toBeLessThanOrEqual(requests);
  });
});

/** Ids of rows of the history. */
function range(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `h${String(index)}`);
}

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

  it.each([
    { name: 'with the page that shows the last of them', wanted: ['h0', 'h130'], requests: 2, read: 200 },
    { name: 'after one page where that shows them all', wanted: ['h3', 'h99'], requests: 1, read: 100 },
    { name: 'further than usual where many are wanted', wanted: range(400), requests: 4, read: 400 },
    { name: 'somewhere, where one of them is nowhere', wanted: ['nobody'], requests: 3, read: 300 },
  ])('looks for certain ends: stops $name', async ({ wanted, requests, read }) => {
    const all = range(2_000).map((id) => ({ id, name: 'n', terminatedAt: 't' }));
    await withServer(
      ({ query }) => {
        const offset = Number(query.get('offset'));
        return { json: { data: all.slice(offset, offset + 100), total_count: all.length } };
      },
      async ({ url, seen }) => {
        const answer = await withProvider(url, (p) => p.listHistory(new Set(wanted)));

        expect('value' in answer ? answer.value.length : answer).toBe(read);
        expect(seen).toHaveLength(requests);
      },
    );
  });

  it('does not take a row without an end for the end that is looked for', async () => {
    const all = range(150).map((id) => ({ id, name: 'n' }));
    await withServer(
      ({ query }) => ({ json: podsPage(all.slice(Number(query.get('offset'))).slice(0, 100), all.length) }),
      async ({ url, seen }) => {
        await withProvider(url, (p) => p.listHistory(new Set(['h0'])));

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
