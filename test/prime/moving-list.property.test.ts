import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Collector } from '../../src/prime/page-collector.ts';
import { aPodRow } from './builders.ts';

/** Changes between two pages: rows vanish, by their position, and new ones appear. */
interface Change {
  readonly ends: readonly number[];
  readonly comes: number;
}

interface Setup {
  readonly count: number;
  readonly changes: readonly Change[];
  readonly newestFirst: boolean;
  readonly cut: number;
  readonly tellsTotal: boolean;
  /** Every so many rows one is repeated, and the total counts the rows. */
  readonly repeats?: number;
}

interface Outcome {
  readonly isComplete: boolean;
  readonly isUnstable: boolean;
  /** Rows that existed from the first page to the last, and were not read. */
  readonly leftOut: readonly string[];
  readonly pages: number;
}

/** Reads a list page by page, as the client does, while it changes between the pages. */
function read(setup: Setup, terminating: number): Outcome {
  const { count, changes, newestFirst, cut, tellsTotal, repeats = Infinity } = setup;
  let live = Array.from({ length: count }, (_, index) => `p${String(index)}`);
  const all = (): string[] => live.flatMap((id, index) => ((index + 1) % repeats === 0 ? [id, id] : [id]));
  const first = [...live];
  const collector = new Collector();
  let pages = 0;
  let came = 0;
  while (!collector.isAtEnd && pages < 500) {
    const rows = all()
      .slice(collector.offset, collector.offset + cut)
      .map((id) => aPodRow({ id }));
    collector.add({ data: rows, total_count: tellsTotal ? all().length : undefined, limit: undefined });
    const { ends, comes } = changes[pages] ?? { ends: [], comes: 0 };
    const gone = new Set(ends.map((place) => live[place % Math.max(1, live.length)]));
    const fresh = Array.from({ length: comes }, () => `n${String((came += 1))}`);
    const left = live.filter((id) => !gone.has(id));
    live = newestFirst ? [...fresh, ...left] : [...left, ...fresh];
    pages += 1;
  }
  if (collector.mayMissFirstRows) {
    const rows = all()
      .slice(0, cut)
      .map((id) => aPodRow({ id }));
    collector.addFirstPage({ data: rows, total_count: all().length, limit: undefined });
  }
  const problem = collector.contradiction(terminating);
  const { instances } = collector.collected(problem);
  const now = new Set(live);
  return {
    isComplete: problem === undefined,
    isUnstable: problem?.isUnstable === true,
    leftOut: first.filter((id) => now.has(id) && !instances.has(id)),
    pages,
  };
}

function changes(most: number, coming: number): fc.Arbitrary<Change[]> {
  const ends = fc.array(fc.nat({ max: 5_000 }), { maxLength: most });
  return fc.array(fc.record({ ends, comes: fc.nat({ max: coming }) }), { maxLength: 40 });
}

function setup(most: number, coming: number): fc.Arbitrary<Setup> {
  return fc.record({
    count: fc.integer({ min: 0, max: 450 }),
    changes: changes(most, coming),
    newestFirst: fc.boolean(),
    cut: fc.constantFrom(100, 100, 50, 20),
    tellsTotal: fc.constant(true),
  });
}

describe('a list that changes during the read', () => {
  it('is never complete without an instance that existed all the time, whatever vanishes or appears between its pages', () => {
    fc.assert(
      fc.property(setup(120, 20), fc.nat({ max: 1_000 }), (given, terminating) => {
        const { isComplete, leftOut } = read(given, terminating);

        expect(isComplete ? leftOut : []).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is never complete without one if the server repeats rows and counts them', () => {
    fc.assert(
      fc.property(setup(60, 20), fc.constantFrom(2, 3, 7, 50), (given, repeats) => {
        const { isComplete, leftOut } = read({ ...given, repeats }, 0);

        expect(isComplete ? leftOut : []).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is complete if it stays as it is, and the server repeats rows and counts them', () => {
    for (const [count, repeats] of [
      [3, 2],
      [97, 50],
      [66, 2],
    ] as const) {
      const given = { count, repeats, changes: [], newestFirst: true, cut: 100, tellsTotal: true };

      expect(read(given, 0)).toMatchObject({ isComplete: true, leftOut: [] });
    }
  });

  it('is never complete without one if the server sends no total', () => {
    fc.assert(
      fc.property(setup(120, 0), (given) => {
        const { isComplete, leftOut } = read({ ...given, tellsTotal: false }, 1_000);

        expect(isComplete ? leftOut : []).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('is complete at the first try while a few rows appear and vanish between two pages', () => {
    const complete = fc
      .sample(setup(3, 3), { numRuns: 40, seed: 7 })
      .filter((given) => read({ ...given, cut: 100 }, 30).isComplete);

    expect(complete.length).toBeGreaterThanOrEqual(38);
  });

  it('is complete while as many terminate as fit between two pages', () => {
    const given = { count: 1_000, newestFirst: true, cut: 100, tellsTotal: true };
    const mass = Array.from({ length: 12 }, () => ({
      ends: Array.from({ length: 40 }, (_, i) => i * 17),
      comes: 0,
    }));

    expect(read({ ...given, changes: mass }, 1_000)).toMatchObject({ isComplete: true, leftOut: [] });
  });

  it('is incomplete if more rows are unread than are terminating', () => {
    const given = { count: 1_000, newestFirst: false, cut: 100, tellsTotal: true };
    const behind = [{ ends: Array.from({ length: 60 }, (_, index) => 900 + index), comes: 0 }];

    expect(read({ ...given, changes: behind }, 0)).toMatchObject({ isComplete: false, isUnstable: true });
    expect(read({ ...given, changes: behind }, 60)).toMatchObject({ isComplete: true });
  });

  it('is incomplete with a constant total that is too large', () => {
    const collector = new Collector();
    collector.add({ data: [aPodRow({ id: 'p1' })], total_count: 2, limit: 100 });
    collector.add({ data: [], total_count: 2, limit: 100 });

    expect(collector.contradiction(100)).toMatchObject({ reason: 'UnexpectedResponse' });
    expect(collector.contradiction(100)).not.toHaveProperty('isUnstable');
  });
});
