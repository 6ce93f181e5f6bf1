import { describe, expect, it } from '@jest/globals';
import type { Answer, PodList } from '../../src/lifecycle/provider.ts';
import { aPodRow, podsPage, withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer, SeenRequest } from './loopback-server.ts';

function rows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => aPodRow({ id: `p${String(index)}` }));
}

/** The page of these rows that the request asks for, as the API cuts it. */
function page(all: readonly unknown[], request: SeenRequest, total = all.length): CannedAnswer {
  const offset = Number(request.query.get('offset'));
  return { json: podsPage(all.slice(offset, offset + Number(request.query.get('limit'))), total) };
}

async function list(
  answer: (request: SeenRequest) => CannedAnswer,
  teamIds: readonly string[] = [],
): Promise<{ answer: Answer<PodList>; ids: string[]; seen: readonly SeenRequest[] }> {
  let result: { answer: Answer<PodList>; ids: string[]; seen: readonly SeenRequest[] } | undefined;
  await withServer(answer, async ({ url, seen }) => {
    const found = await withProvider(url, (provider) => provider.listPods(teamIds));
    result = { answer: found, ids: 'value' in found ? found.value.pods.map(({ podId }) => podId) : [], seen };
  });
  if (result === undefined) {
    throw new Error('the server did not run');
  }
  return result;
}

describe('listPods: complete lists', () => {
  it.each([
    { count: 0, requests: 1 },
    { count: 1, requests: 1 },
    { count: 100, requests: 1 },
    { count: 101, requests: 2 },
    { count: 195, requests: 2 },
    { count: 196, requests: 3 },
    { count: 1000, requests: 11 },
  ])('$count pods in $requests requests', async ({ count, requests }) => {
    const { ids, seen } = await list((request) => page(rows(count), request));

    expect(ids).toHaveLength(count);
    expect(seen).toHaveLength(requests);
    expect(seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/pods/' });
  });

  it('overlaps its pages, so that pods which move forward between two are seen', async () => {
    const { ids, seen } = await list((request) => {
      const gone = request.query.get('offset') === '0' ? 0 : 5;
      return page(rows(150).slice(gone), request);
    });

    expect(ids).toContain('p100');
    expect(ids).toHaveLength(150);
    expect(seen).toHaveLength(2);
  });

  it('goes by the rows that came where the server gives smaller pages', async () => {
    const { ids } = await list((request) => {
      const offset = Number(request.query.get('offset'));
      return { json: podsPage(rows(60).slice(offset, offset + 20), 60) };
    });

    expect(ids).toHaveLength(60);
  });

  it('counts each pod once', async () => {
    const { answer, seen } = await list(() => ({ json: podsPage([...rows(1), ...rows(1)], 2) }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(seen).toHaveLength(3);
  });

  it('tries again where the rows were fewer than the total, and believes what is whole then', async () => {
    let requests = 0;
    const { ids, seen } = await list((request) => {
      requests += 1;
      return page(rows(2), request, requests === 1 ? 3 : 2);
    });

    expect(ids).toEqual(['p0', 'p1']);
    // The second page was empty, which ended the first try; it too said 2.
    expect(seen.length).toBeGreaterThan(1);
  });

  it('believes the greatest total of a try', async () => {
    const { answer } = await list((request) =>
      request.query.get('offset') === '0' ? { json: podsPage(rows(100), 150) } : { json: podsPage([], 0) },
    );

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });

  it('gives up after three tries', async () => {
    const { answer, seen } = await list(() => ({ json: podsPage([], 1) }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(seen).toHaveLength(3);
  });

  it('fails as a whole when a page fails', async () => {
    const { answer } = await list((request) =>
      request.query.get('offset') === '0' ? page(rows(150), request) : { status: 500, json: { detail: 'x' } },
    );

    expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable', httpStatus: 500 });
  });

  it.each([
    { name: 'no data', json: { total_count: 0 } },
    { name: 'data that is no list', json: { total_count: 0, data: {} } },
    { name: 'null data', json: { total_count: 0, data: null } },
    { name: 'no total', json: { data: [] } },
    { name: 'a total that is no count', json: { data: [], total_count: -1 } },
    { name: 'the envelope of another endpoint', json: { items: [], totalCount: 0 } },
    { name: 'a bare list', json: [] },
    { name: 'a row that is none', json: podsPage([null]) },
    { name: 'a row without an id', json: podsPage([aPodRow({ id: undefined })]) },
    { name: 'a row with an empty id', json: podsPage([aPodRow({ id: '' })]) },
    { name: 'a row without a name: it might be ours', json: podsPage([aPodRow({ name: null })]) },
  ])('$name is no list', async ({ json }) => {
    const { answer } = await list(() => ({ json }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });

  it('reads rows whose other fields are odd', async () => {
    const odd = {
      id: 'p1',
      name: 'n',
      status: 'NEW',
      sshConnection: 3,
      ip: {},
      primePortMapping: 'x',
      priceHr: [],
    };
    const { answer } = await list(() => ({ json: podsPage([odd]) }));

    expect(answer).toMatchObject({
      value: { pods: [{ podId: 'p1', name: 'n', status: 'UNKNOWN', ports: [] }] },
    });
  });
});

describe('listPods: teams', () => {
  it('asks without and with each team, and puts it together by id', async () => {
    const { ids, seen } = await list(
      ({ query }) => {
        const teamId = query.get('teamId');
        const own = aPodRow({ id: 'own' });
        return { json: podsPage(teamId === null ? [own] : [own, aPodRow({ id: `of-${teamId}`, teamId })]) };
      },
      ['t1', 't2', 't1'],
    );

    expect(ids).toEqual(['own', 'of-t1', 'of-t2']);
    expect(seen.map(({ query }) => query.get('teamId'))).toEqual([null, 't1', 't2']);
  });

  it('fails as a whole when one team fails', async () => {
    const { answer } = await list(
      ({ query }) => (query.has('teamId') ? { status: 403, json: { detail: 'no' } } : { json: podsPage([]) }),
      ['t1'],
    );

    expect(answer).toMatchObject({ kind: 'failure', reason: 'Unauthorized' });
  });
});
