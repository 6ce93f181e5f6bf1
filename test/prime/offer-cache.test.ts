import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import type { Answer } from '../../src/lifecycle/provider.ts';
import type { OfferList, OfferQuery } from '../../src/offers/offer-source.ts';
import { cacheOffers } from '../../src/prime/offer-cache.ts';
import { createVirtualClock } from './virtual-clock.ts';

const GOOD: Answer<OfferList> = { kind: 'ok', value: { offers: [], skippedRows: 0, beganAtMs: 0 } };
const BAD: Answer<OfferList> = { kind: 'failure', reason: 'ApiUnavailable', message: 'x' };

function aQuery(changes: Partial<OfferQuery> = {}): OfferQuery {
  return { gpuType: 'A100_80GB', gpuCount: 1, regions: ['a', 'b'], disks: [], ...changes };
}

/** A source that takes `durationMs` for each answer. */
function setUp(answer: () => Answer<OfferList>, durationMs = 0, maxEntries = 200) {
  const clock = createVirtualClock();
  const asked: OfferQuery[] = [];
  const list = cacheOffers({
    clock,
    maxEntries,
    async listOffers(query) {
      asked.push(query);
      await clock.sleep(durationMs);
      return answer();
    },
  });
  return { clock, asked, list };
}

/** Collects garbage now. Node shows the function to programs only with this flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}

describe('cacheOffers', () => {
  it('keeps no answer in memory after its time, because each account has its own', async () => {
    const made: WeakRef<Answer<OfferList>>[] = [];
    const { clock, list } = setUp(() => {
      const answer: Answer<OfferList> = { ...GOOD };
      made.push(new WeakRef(answer));
      return answer;
    });
    void list(aQuery());
    await clock.advance(4_999);
    collectGarbage();
    expect(made.map((one) => one.deref() !== undefined)).toEqual([true]);
    await clock.advance(1);
    collectGarbage();
    expect(made.map((one) => one.deref() !== undefined)).toEqual([false]);
  });

  it('sends one request for all callers while it is in flight, however long it takes', async () => {
    const { clock, asked, list } = setUp(() => GOOD, 30_000);

    const answers = [list(aQuery()), list(aQuery())];
    await clock.advance(29_999);
    answers.push(list(aQuery()));
    await clock.advance(1);

    expect(await Promise.all(answers)).toEqual([GOOD, GOOD, GOOD]);
    expect(asked).toHaveLength(1);
  });

  it('shares an answer for 5 s from the start of its request', async () => {
    const { clock, asked, list } = setUp(() => GOOD, 1000);

    void list(aQuery());
    await clock.advance(4999);
    void list(aQuery());
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    void list(aQuery());
    expect(asked).toHaveLength(2);
  });

  it('shares a failure for one second', async () => {
    const { clock, asked, list } = setUp(() => BAD, 100);

    void list(aQuery());
    await clock.advance(1099);
    void list(aQuery());
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    void list(aQuery());
    expect(asked).toHaveLength(2);
  });

  it('does not keep an exception', async () => {
    const { asked, list } = setUp(() => {
      throw new Error('a bug');
    });

    const first = list(aQuery()).catch(() => 'thrown');
    expect(asked).toHaveLength(1);
    await Promise.resolve();
    expect(first).toBeInstanceOf(Promise);
  });

  it.each([
    { name: 'another type', other: aQuery({ gpuType: 'H100_80GB' }), requests: 2 },
    { name: 'another count', other: aQuery({ gpuCount: 2 }), requests: 2 },
    { name: 'other regions', other: aQuery({ regions: ['a'] }), requests: 2 },
    { name: 'other disks', other: aQuery({ disks: ['a'] }), requests: 2 },
    { name: 'a region with a comma in its name', other: aQuery({ regions: ['a,b'] }), requests: 2 },
    { name: 'the same in another sequence', other: aQuery({ regions: ['b', 'a'] }), requests: 1 },
  ])('$name: $requests requests', ({ other, requests }) => {
    const { asked, list } = setUp(() => GOOD);

    void list(aQuery());
    void list(other);

    expect(asked).toHaveLength(requests);
  });

  it('drops the oldest query when there are too many', async () => {
    const { clock, asked, list } = setUp(() => GOOD, 0, 2);

    for (const gpuCount of [1, 2, 3, 2, 3, 1]) {
      void list(aQuery({ gpuCount }));
      await clock.advance(0);
    }

    expect(asked.map(({ gpuCount }) => gpuCount)).toEqual([1, 2, 3, 1]);
  });

  it('keeps a query in flight, however many others follow', async () => {
    const { clock, asked, list } = setUp(() => GOOD, 30_000, 2);
    for (const gpuType of ['A', 'B', 'C', 'D', 'A']) void list(aQuery({ gpuType }));
    await clock.advance(0);
    expect(asked.map(({ gpuType }) => gpuType)).toEqual(['A', 'B', 'C', 'D']);
    await clock.advance(40_000);
  });
});
