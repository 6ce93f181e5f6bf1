import { describe, expect, it } from '@jest/globals';
import { aPodRow, podsPage } from './builders.ts';
import { list, page, rows } from './listing.ts';

describe('listPods: complete lists', () => {
  it.each([
    { count: 0, requests: 1 },
    { count: 1, requests: 1 },
    { count: 7, requests: 1 },
    { count: 99, requests: 1 },
    { count: 100, requests: 2 },
    { count: 101, requests: 2 },
    { count: 195, requests: 3 },
    { count: 196, requests: 3 },
    { count: 1000, requests: 11 },
  ])('reads $count instances in $requests requests', async ({ count, requests }) => {
    const { ids, seen } = await list((request) => page(rows(count), request));

    expect(ids).toHaveLength(count);
    expect(seen).toHaveLength(requests);
    expect(seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/pods/' });
  });

  it('overlaps its pages, so that instances which move towards the start are read', async () => {
    const { ids, seen } = await list((request) => {
      const gone = request.query.get('offset') === '0' ? 0 : 4;
      return page(rows(150).slice(gone), request);
    });

    expect(ids).toContain('p100');
    expect(ids).toHaveLength(150);
    expect(seen).toHaveLength(2);
  });

  it('goes back towards the start if rows moved past the overlap, so that none is missing', async () => {
    let requests = 0;
    const { ids, answer } = await list((request) => {
      requests += 1;
      const gone = requests === 1 ? 0 : 20;
      return page(rows(150).slice(gone), request, 0);
    });

    expect(answer).toMatchObject({ kind: 'ok', value: { wallets: [{ wallet: undefined }] } });
    expect(ids).toHaveLength(150);
  });

  it('counts the received rows if the server returns smaller pages', async () => {
    const { ids } = await list((request) => {
      const offset = Number(request.query.get('offset'));
      return { json: podsPage(rows(60).slice(offset, offset + 20), 60) };
    });

    expect(ids).toHaveLength(60);
  });

  it('counts an instance that the server lists and counts twice as one', async () => {
    const twice = [...rows(1), ...rows(1)];
    const { answer, ids } = await list((request) => page(twice, request));

    expect(ids).toEqual(['p0']);
    expect('value' in answer ? answer.value.wallets[0]?.failure : answer).toBeUndefined();
  });

  it('is incomplete if the total is greater than the rows, counted with those that repeat an ID', async () => {
    const { answer, seen } = await list(() => ({ json: podsPage([...rows(1), ...rows(1)], 3) }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(seen).toHaveLength(6);
  });

  it.each([
    { name: 'the list of the team', ended: 'team-1' },
    { name: 'the list without a team', ended: null },
  ])('shows an instance as live that only $name shows as terminated', async ({ ended }) => {
    const { answer } = await list(
      (request) => {
        const status = request.query.get('teamId') === ended ? 'TERMINATED' : 'ACTIVE';
        return page([aPodRow({ id: 'p1', status })], request);
      },
      [undefined, 'team-1'],
    );

    expect(answer).toMatchObject({ value: { instances: [{ podId: 'p1', status: 'ACTIVE' }] } });
  });

  it('tries again if there are fewer rows than the total, and accepts a complete list then', async () => {
    let requests = 0;
    const { ids, seen } = await list((request) => {
      requests += 1;
      return page(rows(2), request, requests === 1 ? 3 : 2);
    });

    expect(ids).toEqual(['p0', 'p1']);
    // The first try ended at the empty second page, whose total was also 2.
    expect(seen.length).toBeGreaterThan(1);
  });

  it('uses the greatest total of a try', async () => {
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

  it.each([
    { name: '0', total: 0 },
    { name: "the page's own length", total: undefined },
    { name: 'null', total: null },
    { name: 'negative', total: -1 },
    { name: 'a text', total: 'many' },
    { name: 'absent', total: 'absent' },
    { name: 'one less than the rows', total: 119 },
  ])('reads to the end if the total is $name, with pages of any size', async ({ total }) => {
    for (const [count, size] of [
      [120, 100],
      [100, 100],
      [200, 100],
      [120, 20],
      [7, 3],
      [3, 1],
      [50, 50],
    ] as const) {
      const { ids, answer } = await list((request) => {
        const offset = Number(request.query.get('offset'));
        const data = rows(count).slice(offset, offset + size);
        const told = total === undefined ? data.length : total === 119 ? count - 1 : total;
        return { json: { data, ...(told === 'absent' ? {} : { total_count: told }) } };
      });

      expect({ count, size, read: ids.length }).toEqual({ count, size, read: count });
      expect(answer).toMatchObject({ kind: 'ok' });
      expect('value' in answer ? answer.value.wallets[0]?.failure : answer).toBeUndefined();
    }
  });

  it('continues after a short page if the total is greater', async () => {
    const { ids } = await list((request) => {
      const offset = Number(request.query.get('offset'));
      return { json: podsPage(rows(250).slice(offset, offset + (offset === 95 ? 90 : 100)), 250) };
    });

    expect(ids).toHaveLength(250);
  });

  it.each([
    { name: 'a greater total', count: 100, total: 250 },
    { name: 'no total', count: 100, total: undefined },
    { name: 'a total of 0', count: 3, total: 0 },
    { name: 'the full page as its total', count: 100, total: 100 },
  ])('is incomplete if the server repeats a page, with $name', async ({ count, total }) => {
    const { answer, seen } = await list(() => ({ json: { data: rows(count), total_count: total } }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
    expect(seen.length).toBeLessThan(10);
  });

  it.each([3, 150])(
    'is complete with %i rows at once from a server without pages, if its total agrees',
    async (count) => {
      const { ids, answer } = await list(() => ({ json: podsPage(rows(count)) }));

      expect(answer).toMatchObject({ kind: 'ok' });
      expect(ids).toHaveLength(count);
    },
  );

  it('fails as a whole when a page fails', async () => {
    const { answer } = await list((request) =>
      request.query.get('offset') === '0' ? page(rows(150), request) : { status: 500, json: { detail: 'x' } },
    );

    expect(answer).toMatchObject({ kind: 'failure', reason: 'ApiUnavailable', httpStatus: 500 });
  });

  it.each([
    { name: 'no data', json: { total_count: 0 } },
    { name: 'data that is not a list', json: { total_count: 0, data: {} } },
    { name: 'null data', json: { total_count: 0, data: null } },
    { name: 'the envelope of another endpoint', json: { items: [], totalCount: 0 } },
    { name: 'a bare list', json: [] },
  ])('rejects $name', async ({ json }) => {
    const { answer } = await list(() => ({ json }));

    expect(answer).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });

  it.each([
    { name: 'null', row: null, told: {} },
    { name: 'a text', row: 'x', told: {} },
    { name: 'without an ID', row: aPodRow({ id: undefined, name: 'n' }), told: { name: 'n' } },
    { name: 'with an empty ID', row: aPodRow({ id: '', name: null }), told: {} },
  ])('keeps the other rows if a row is $name', async ({ row, told }) => {
    const { answer, ids } = await list((request) => page([row, ...rows(3)], request));

    expect(ids).toEqual(['p0', 'p1', 'p2']);
    expect(answer).toMatchObject({ value: { wallets: [{ unidentified: [told] }] } });
    expect('value' in answer ? answer.value.wallets[0]?.failure : answer).toBeUndefined();
  });

  it.each([
    { name: 'null', given: null, read: undefined },
    { name: 'absent', given: undefined, read: undefined },
    { name: 'empty', given: '', read: undefined },
    { name: 'a number', given: 7, read: undefined },
    { name: 'longer than any name', given: `gp-${'a'.repeat(300)}`, read: `gp-${'a'.repeat(253)}` },
  ])('keeps an instance whose name is $name', async ({ given, read }) => {
    const { answer } = await list((request) => page([aPodRow({ id: 'p1', name: given })], request));
    const [pod] = 'value' in answer ? answer.value.instances : [];

    expect([pod?.podId, pod?.name]).toEqual(['p1', read]);
  });

  it('reads a number as an ID', async () => {
    const { ids } = await list((request) => page([aPodRow({ id: 12 })], request));

    expect(ids).toEqual(['12']);
  });

  it('reads rows with invalid other fields', async () => {
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
      value: { instances: [{ podId: 'p1', name: 'n', status: 'UNKNOWN', ports: [] }] },
    });
  });
});
