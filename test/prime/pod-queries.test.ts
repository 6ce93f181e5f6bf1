import { describe, expect, it } from '@jest/globals';
import { podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';

describe('getPodStatuses', () => {
  function row(podId: unknown): Record<string, unknown> {
    return { podId, providerType: 'x', status: 'ACTIVE' };
  }

  it('requests 100 IDs at a time, each once', async () => {
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

  it('sends no request without IDs', async () => {
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
    { name: 'omits unknown IDs', data: [row('p1')], ids: ['p1'] },
    { name: 'reads null as empty', data: null, ids: [] },
    { name: 'skips an unreadable row', data: [row('p1'), { status: 'ACTIVE' }, null], ids: ['p1'] },
    { name: 'skips a row that was not requested', data: [row('p1'), row('p9')], ids: ['p1'] },
    { name: 'keeps one of two equal rows', data: [row('p1'), row('p1')], ids: ['p1'] },
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
    { name: 'no readable row', data: [{ id: 'p1' }, {}] },
    { name: 'an object instead of rows', data: {} },
  ])('fails with $name, because the format has changed', async ({ data }) => {
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

  /** Queries this number of times, and returns the last result. */
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

  it('repeats a failed chunk once', async () => {
    expect(await ask((request, nth) => (nth % 2 === 1 ? outage : good(request)))).toEqual({
      snapshots: 250,
      failed: [],
      requests: 6,
    });
  });

  it('keeps the other chunks if one fails, and does not report its instances as missing', async () => {
    const asked = await ask((request) => (request.query.has('pod_ids', 'p100') ? outage : good(request)));

    expect(asked).toEqual({ snapshots: 150, failed: ids.slice(100, 200), requests: 4 });
  });

  it.each([
    { name: 'fails twice', status: 502, lost: 100, requests: 101, why: 'it is repeated once' },
    { name: 'is refused', status: 400, lost: 1, requests: 100 + 14, why: 'halves find the one bad ID' },
  ])(
    'costs one of a hundred chunks that $name $requests requests in all, because $why',
    async ({ status, lost, requests }) => {
      const many = Array.from({ length: 10_000 }, (_, index) => `p${String(index)}`);
      const odd = (request: SeenRequest): CannedAnswer =>
        request.query.has('pod_ids', 'p5000') ? { status, json: { detail: 'x' } } : good(request);
      await withServer(odd, async ({ url, seen }) => {
        const answer = await withProvider(url, (p) => p.getPodStatuses(many));
        const found = 'value' in answer ? answer.value : undefined;
        expect(found?.failed.size).toBe(lost);
        expect(found?.snapshots).toHaveLength(many.length - lost);
        expect(seen).toHaveLength(requests);
      });
    },
  );

  it.each([400, 404, 414, 422])('loses only the ID that the server refuses with %i', async (status) => {
    const refusing = (request: SeenRequest): CannedAnswer =>
      request.query.has('pod_ids', 'p133') ? { status, json: { detail: 'bad id' } } : good(request);

    expect(await ask(refusing)).toMatchObject({ snapshots: 249, failed: ['p133'] });
    // From then on this ID has its own request.
    expect(await ask(refusing, 2)).toEqual({ snapshots: 249, failed: ['p133'], requests: 4 });
  });

  it('finds two of them in two rounds, with a bounded number of requests', async () => {
    const bad = ['p3', 'p98'];
    const refusing = (request: SeenRequest): CannedAnswer =>
      bad.some((podId) => request.query.has('pod_ids', podId))
        ? { status: 400, json: { detail: 'bad id' } }
        : good(request);

    expect(await ask(refusing, 3)).toEqual({ snapshots: 248, failed: bad, requests: 5 });
  });

  it.each([
    { name: 'a refused key', status: 401, requests: 1 },
    { name: 'a rate limit', status: 429, requests: 1 },
    { name: 'an unavailable server', status: 503, requests: 4 },
    { name: 'a server that refuses every ID', status: 400, requests: 54 },
  ])('fails for all IDs with $name, after $requests requests at most', async ({ status, requests }) => {
    const asked = await ask(() => ({ status, json: { detail: 'x' } }));

    expect(asked.failed).toHaveLength(250);
    expect(asked.requests).toBeLessThanOrEqual(requests);
  });
});

/** IDs of rows of the history. */
function range(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `h${String(index)}`);
}

describe('listHistory', () => {
  it('continues if the total is greater, newest termination first, and returns only instances', async () => {
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

  it.each([0, undefined, 100, 'x'])('continues after a full page if the total is %s', async (total) => {
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
    { name: 'after the page with the last of them', wanted: ['h0', 'h130'], requests: 2, read: 200 },
    { name: 'after one page with all of them', wanted: ['h3', 'h99'], requests: 1, read: 100 },
    { name: 'later than usual if many are wanted', wanted: range(400), requests: 4, read: 400 },
    { name: 'at a limit if one of them is missing', wanted: ['nobody'], requests: 3, read: 300 },
  ])('stops $name when it looks for certain terminations', async ({ wanted, requests, read }) => {
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

  it('does not accept a row without an end time', async () => {
    const all = range(150).map((id) => ({ id, name: 'n' }));
    await withServer(
      ({ query }) => ({ json: podsPage(all.slice(Number(query.get('offset'))).slice(0, 100), all.length) }),
      async ({ url, seen }) => {
        await withProvider(url, (p) => p.listHistory(new Set(['h0'])));

        expect(seen).toHaveLength(2);
      },
    );
  });

  it('stops at a repeated page, and keeps its rows if a later page fails', async () => {
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

  it('reads one page if there are no more', async () => {
    await withServer(
      () => ({ json: podsPage([]) }),
      async ({ url, seen }) => {
        expect(await withProvider(url, (p) => p.listHistory())).toEqual({ kind: 'ok', value: [] });
        expect(seen).toHaveLength(1);
      },
    );
  });
});
