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
