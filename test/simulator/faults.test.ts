import { describe, expect, it } from '@jest/globals';
import type { Effect, FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { column, createBench, createBody, rent, rows } from './support.ts';

const CREATE = { method: 'POST', path: '/pods' };

describe('a create request with a fault', () => {
  const CASES: {
    name: string;
    effect: FaultRuleInput['effect'];
    status: number | 'Reset';
    created: number;
    body: unknown;
  }[] = [
    {
      name: 'Answer',
      effect: { kind: 'Answer', status: 503 },
      status: 503,
      created: 0,
      body: { detail: 'Injected fault' },
    },
    {
      name: 'Answer with HTML',
      effect: { kind: 'Answer', status: 502, body: '<html>', contentType: 'text/html' },
      status: 502,
      created: 0,
      body: '<html>',
    },
    {
      name: 'Answer with nothing',
      effect: { kind: 'Answer', status: 504, body: '', contentType: 'text/plain' },
      status: 504,
      created: 0,
      body: '',
    },
    { name: 'ResetBefore', effect: { kind: 'ResetBefore' }, status: 'Reset', created: 0, body: null },
    {
      name: 'Redirect',
      effect: { kind: 'Redirect', location: 'http://elsewhere/' },
      status: 307,
      created: 0,
      body: '',
    },
    {
      name: 'TooManyRequests',
      effect: { kind: 'TooManyRequests' },
      status: 429,
      created: 0,
      body: { detail: 'Too many requests.' },
    },
    { name: 'ResetAfter', effect: { kind: 'ResetAfter' }, status: 'Reset', created: 1, body: null },
    {
      name: 'AnswerAfter',
      effect: { kind: 'AnswerAfter', status: 500 },
      status: 500,
      created: 1,
      body: { detail: 'Injected fault' },
    },
    {
      name: 'Html',
      effect: { kind: 'Html' },
      status: 200,
      created: 1,
      body: expect.stringContaining('<html>'),
    },
    {
      name: 'OtherName',
      effect: { kind: 'OtherName', name: 'x' },
      status: 200,
      created: 1,
      body: expect.objectContaining({ name: 'x' }),
    },
    {
      name: 'Patch',
      effect: { kind: 'Patch', fields: { priceHr: null } },
      status: 200,
      created: 1,
      body: expect.objectContaining({ priceHr: null }),
    },
  ];

  it.each(CASES)('is answered $status and creates $created: $name', ({ effect, status, created, body }) => {
    const bench = createBench();
    bench.api.faults.add({ ...CREATE, effect });
    const answered = bench.ask('POST', '/pods/', { body: createBody() });
    expect(answered.status).toBe(status);
    expect(bench.api.world.ledger.live()).toHaveLength(created);
    expect(answered.body).toEqual(body);
  });

  it.each([
    { retryAfter: '7', headers: { 'retry-after': '7' } },
    { retryAfter: null, headers: {} },
  ])('is answered 429 with Retry-After $retryAfter', ({ retryAfter, headers }) => {
    const bench = createBench();
    bench.api.faults.add({ effect: { kind: 'TooManyRequests', retryAfter } });
    expect(bench.ask('GET', '/pods/').headers).toEqual(headers);
  });

  it('creates with WithoutId, and its answer has everything but the ID', () => {
    const bench = createBench();
    bench.api.faults.add({ ...CREATE, effect: { kind: 'WithoutId' } });
    const { body } = bench.ask('POST', '/pods/', { body: createBody() });
    expect(body).toMatchObject({ status: 'PROVISIONING', priceHr: 1.9 });
    expect(body).not.toHaveProperty('id');
    expect(bench.api.world.ledger.live()).toHaveLength(1);
  });

  it('creates with HideCreated an instance that GET finds and lists omit for a while', () => {
    const bench = createBench();
    bench.api.faults.add({ ...CREATE, effect: { kind: 'HideCreated', ms: 1000 } });
    const id = rent(bench);
    expect(rows(bench.ask('GET', '/pods/').body)).toEqual([]);
    expect(bench.ask('GET', `/pods/${id}`).status).toBe(200);
    bench.clock.advance(1000);
    expect(rows(bench.ask('GET', '/pods/').body)).toHaveLength(1);
  });

  it.each([
    { kind: 'DelayBefore' as const, createdAfterMs: 500 },
    { kind: 'DelayAfter' as const, createdAfterMs: 0 },
  ])('creates with $kind after $createdAfterMs ms', ({ kind, createdAfterMs }) => {
    const bench = createBench();
    const startMs = bench.clock.nowMs();
    bench.api.faults.add({ ...CREATE, effect: { kind, ms: 500 } });
    const { delivery } = bench.ask('POST', '/pods/', { body: createBody() });
    expect(bench.api.world.ledger.entries()[0]?.createdAtMs).toBe(startMs + createdAfterMs);
    expect(delivery.waitMs).toBe(500 - createdAfterMs);
  });
});

describe('a list with a fault', () => {
  function listWith(effect: Effect, path = '/pods/?offset=0'): unknown {
    const bench = createBench({ listOrder: 'OldestFirst' });
    for (const name of ['a', 'b', 'c']) rent(bench, { pod: { name } });
    bench.api.faults.add({ method: 'GET', effect });
    return bench.ask('GET', path).body;
  }

  const CASES: { name: string; effect: Effect; path?: string; total: number; seen: unknown[] }[] = [
    { name: 'ListTwice', effect: { kind: 'ListTwice' }, total: 3, seen: ['a', 'b', 'c', 'a'] },
    { name: 'WrongTotal', effect: { kind: 'WrongTotal', add: 2 }, total: 5, seen: ['a', 'b', 'c'] },
    { name: 'EmptyList', effect: { kind: 'EmptyList' }, total: 0, seen: [] },
    { name: 'OmitRows', effect: { kind: 'OmitRows', ids: null }, total: 3, seen: [] },
    { name: 'AddRows', effect: { kind: 'AddRows', rows: [null] }, total: 3, seen: [null, 'a', 'b', 'c'] },
    {
      name: 'ShiftPages skips a row',
      effect: { kind: 'ShiftPages', by: 1 },
      path: '/pods/?offset=1&limit=1',
      total: 3,
      seen: ['c'],
    },
    {
      name: 'ShiftPages repeats a row',
      effect: { kind: 'ShiftPages', by: -1 },
      path: '/pods/?offset=1&limit=1',
      total: 3,
      seen: ['a'],
    },
    {
      name: 'ShiftPages leaves the first page',
      effect: { kind: 'ShiftPages', by: 1 },
      path: '/pods/?limit=1',
      total: 3,
      seen: ['a'],
    },
  ];

  it.each(CASES)('is changed: $name', ({ effect, path, total, seen }) => {
    const body = listWith(effect, path);
    expect(column(body, 'name')).toEqual(seen);
    expect(body).toHaveProperty('total_count', total);
  });

  it('lacks one ID of /pods/status', () => {
    const bench = createBench();
    const ids = [rent(bench), rent(bench)];
    bench.api.faults.add({ path: '/pods/status', effect: { kind: 'OmitRows', ids: ids.slice(0, 1) } });
    const { body } = bench.ask('GET', `/pods/status?pod_ids=${ids.join('&pod_ids=')}`);
    expect(body).toMatchObject({ data: [{ podId: ids[1] }], status: null });
  });

  const EMPTY = [
    { path: '/availability/gpus', body: { items: [], totalCount: 0 } },
    { path: '/availability/', body: {} },
    { path: '/pods/status?pod_ids=x', body: { data: [], status: null } },
  ];

  it.each(EMPTY)('is empty with EmptyList on $path', ({ path, body }) => {
    const bench = createBench();
    bench.api.faults.add({ effect: { kind: 'EmptyList' } });
    expect(bench.ask('GET', path).body).toEqual(body);
  });

  it('stays an error if it is one', () => {
    const bench = createBench();
    bench.api.faults.add({ effect: { kind: 'EmptyList' } });
    expect(bench.ask('GET', '/pods/', { key: 'bad' }).body).toEqual({ detail: 'Invalid token' });
  });

  it('still has the instance after an ignored DELETE', () => {
    const bench = createBench({ deletingMs: 0 });
    const id = rent(bench);
    bench.api.faults.add({ method: 'DELETE', effect: { kind: 'IgnoreDelete' } });
    expect(bench.ask('DELETE', `/pods/${id}`).body).toEqual({ status: 'TERMINATED' });
    expect(bench.ask('GET', `/pods/${id}`).status).toBe(200);
    expect(bench.api.world.ledger.live()).toHaveLength(1);
  });
});

describe('a fault rule', () => {
  const CASES: { name: string; rule: Partial<FaultRuleInput>; statuses: string }[] = [
    { name: 'always, without a condition', rule: {}, statuses: 'xxxxxx' },
    { name: 'nth', rule: { nth: 2 }, statuses: '.x....' },
    { name: 'every', rule: { every: 3 }, statuses: '..x..x' },
    { name: 'after', rule: { after: 4 }, statuses: '....xx' },
    { name: 'times', rule: { times: 2 }, statuses: 'xx....' },
    { name: 'every and times', rule: { every: 2, times: 2 }, statuses: '.x.x..' },
    { name: 'never, with probability 0', rule: { probability: 0 }, statuses: '......' },
    { name: 'always, with probability 1', rule: { probability: 1 }, statuses: 'xxxxxx' },
    { name: 'sometimes, as the seed says', rule: { probability: 0.5 }, statuses: '.xx...' },
    { name: 'for a time', rule: { forMs: 3000 }, statuses: 'xxx...' },
    { name: 'another method', rule: { method: 'DELETE' }, statuses: '......' },
    { name: 'another path', rule: { path: '/pods/{id}' }, statuses: '......' },
    { name: 'a pattern', rule: { path: '/pods*' }, statuses: 'xxxxxx' },
    { name: 'text in the query', rule: { contains: 'limit=7' }, statuses: 'xxxxxx' },
    { name: 'text that the query lacks', rule: { contains: 'limit=8' }, statuses: '......' },
    { name: 'another user', rule: { userId: 'user_2' }, statuses: '......' },
  ];

  it.each(CASES)('applies as it says: $name', ({ rule, statuses }) => {
    const bench = createBench();
    const id = bench.api.faults.add({ ...rule, effect: { kind: 'Answer', status: 500 } });
    const seen = Array.from({ length: 6 }, () => {
      const { status } = bench.ask('GET', '/pods/?limit=7');
      bench.clock.advance(1000);
      return status === 500 ? 'x' : '.';
    });
    expect(seen.join('')).toBe(statuses);
    expect(bench.api.faults.fired(id)).toBe(statuses.split('x').length - 1);
  });

  it('applies until it is cleared', () => {
    const bench = createBench();
    const id = bench.api.faults.add({ effect: { kind: 'Answer', status: 500 } });
    expect(bench.ask('GET', '/pods/').status).toBe(500);
    bench.api.faults.clear(id);
    expect(bench.ask('GET', '/pods/').status).toBe(200);
  });

  it('is named in the log of the requests to which it applied', () => {
    const bench = createBench();
    const id = bench.api.faults.add({ effect: { kind: 'DelayAfter', ms: 1 } });
    bench.ask('GET', '/pods/');
    expect(bench.api.requests.all()[0]?.faults).toEqual([id]);
  });

  it('is refused if it makes no sense', () => {
    const { faults } = createBench().api;
    expect(() => faults.add({ nth: 0, effect: { kind: 'ResetAfter' } })).toThrow(/nth/);
    expect(faults.list()).toEqual([]);
  });
});

describe('the global rate limit', () => {
  it('lets a burst through, and then the set number a second', () => {
    const bench = createBench({ requestsPerSecond: 2, requestBurst: 3, retryAfterSeconds: 5 });
    const statuses = Array.from({ length: 5 }, () => bench.ask('GET', '/pods/').status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(bench.ask('GET', '/pods/').headers).toEqual({ 'retry-after': '5' });
    bench.clock.advance(500);
    expect([bench.ask('GET', '/pods/').status, bench.ask('GET', '/pods/').status]).toEqual([200, 429]);
    expect(bench.api.requests.count({ path: '/pods', status: 429 })).toBe(4);
  });
});
