import { describe, expect, it } from '@jest/globals';
import { Collector } from '../../src/prime/page-collector.ts';
import { aPodRow } from './builders.ts';

interface Server {
  rows: string[];
  /** The maximum number of rows per page, whatever the client requests. */
  readonly cut?: number;
  /** The total in its answers. @default the true total */
  readonly total?: (page: readonly string[]) => number;
}

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${String(index)}`);
}

function pageOf({ rows, cut = 100, total = () => rows.length }: Server, offset: number) {
  const ids = rows.slice(offset, offset + cut);
  return { data: ids.map((id) => aPodRow({ id })), total_count: total(ids), limit: 100 };
}

/**
 * Reads as `collectInstances` does.
 *
 * @param afterPage called after each page with its number
 */
function collect(server: Server, afterPage: (page: number) => void = () => undefined) {
  const collector = new Collector();
  for (let page = 1; !collector.isAtEnd; page += 1) {
    collector.add(pageOf(server, collector.offset));
    afterPage(page);
  }
  if (collector.mayMissFirstRows) collector.addFirstPage(pageOf(server, 0));
  const problem = collector.contradiction(0);
  return { problem, ids: [...collector.collected(problem).instances.keys()] };
}

describe('a list whose rows change their order', () => {
  it.each([
    { name: 'one moves to the start', moved: ['p150'] },
    { name: 'three move to the start', moved: ['p150', 'p160', 'p170'] },
  ])('contains all rows if $name and the total is constant', ({ moved }) => {
    const server = { rows: idsOf(200) };
    const { problem, ids } = collect(server, (page) => {
      if (page === 1) server.rows = [...moved, ...server.rows.filter((id) => !moved.includes(id))];
    });
    expect(problem).toBeUndefined();
    expect(ids).toHaveLength(200);
  });

  it('is rejected if a row moved to where no page reads it', () => {
    const server = { rows: idsOf(400) };
    const { problem } = collect(server, (page) => {
      if (page !== 2) return;
      const others = server.rows.filter((id) => id !== 'p350');
      server.rows = [...others.slice(0, 150), 'p350', ...others.slice(150)];
    });
    expect(problem).toMatchObject({ isUnstable: true });
  });
});

describe('a server that cuts its pages and denies it', () => {
  it.each([5, 10, 20, 25, 50])(
    'is asked for the next page after %i rows, with the rows of the page as the total',
    (cut) => {
      const { ids } = collect({ rows: idsOf(120), cut, total: (page) => page.length });
      expect(ids).toHaveLength(120);
    },
  );
});

/** Reads these rows as `collectInstances` does. The server counts as `total` says. */
function collectRows(
  rows: readonly Record<string, unknown>[],
  { total, cut = 100 }: { readonly total: number | undefined; readonly cut?: number },
) {
  const collector = new Collector();
  for (let page = 1; !collector.isAtEnd && page < 50; page += 1) {
    const data = rows.slice(collector.offset, collector.offset + cut);
    collector.add({ data, total_count: total, limit: 100 });
  }
  const problem = collector.contradiction(0);
  const found = [...collector.collected(problem).instances.values()];
  return { isComplete: problem === undefined, found: found.map(({ podId, status }) => `${podId} ${status}`) };
}

function row(id: string, status = 'ACTIVE'): Record<string, unknown> {
  return aPodRow({ id, status });
}

describe('rows with the same ID', () => {
  const LIVE = { isComplete: true, found: ['a ACTIVE', 'b ACTIVE'] };

  it.each<{
    name: string;
    rows: readonly Record<string, unknown>[];
    total: number | undefined;
    cut?: number;
  }>([
    { name: 'the live one is first', rows: [row('a'), row('a', 'TERMINATED'), row('b')], total: 2 },
    { name: 'the terminated one is first', rows: [row('a', 'TERMINATED'), row('a'), row('b')], total: 2 },
    { name: 'there is no total', rows: [row('a'), row('a', 'TERMINATED'), row('b')], total: undefined },
  ])('are live if one of them is, and $name', ({ rows: given, total, cut = 100 }) => {
    expect(collectRows(given, { total, cut })).toEqual(LIVE);
  });

  it.each<{ name: string; total: number }>([
    { name: 'counts instances', total: 2 },
    { name: 'counts rows', total: 3 },
  ])('make no list incomplete if the total $name', ({ total }) => {
    expect(collectRows([row('a'), row('a'), row('b')], { total })).toEqual(LIVE);
  });

  it.each<{ name: string; rows: readonly Record<string, unknown>[]; total: number; cut?: number }>([
    { name: 'the total is greater than the rows', rows: [row('a'), row('a'), row('b')], total: 4 },
    { name: 'the next page has the rest', rows: [row('a'), row('a'), row('b'), row('c')], total: 3, cut: 3 },
  ])('do not stand for rows that are missing if $name', ({ rows: given, total, cut = 100 }) => {
    const { isComplete, found } = collectRows(given, { total, cut });
    expect(isComplete ? found.length : total).toBe(total);
  });

  it('are live if one of them is, and they are in two pages', () => {
    const given = [row('a'), row('b'), row('a', 'TERMINATED')];
    expect(collectRows(given, { total: undefined, cut: 2 }).found).toEqual(LIVE.found);
  });

  it('do not stand for rows that are missing if they are in two pages', () => {
    const collector = new Collector();
    const ids = idsOf(100);
    collector.add({ data: ids.map((id) => row(id)), total_count: 103, limit: 100 });
    collector.add({ data: ids.slice(95).map((id) => row(id)), total_count: 103, limit: 100 });
    collector.add({ data: [], total_count: 103, limit: 100 });
    expect(collector.contradiction(0)).toMatchObject({ reason: 'UnexpectedResponse' });
  });
});
