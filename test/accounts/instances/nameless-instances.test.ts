import { describe, expect, it } from '@jest/globals';
import type { Answer, InstanceSnapshot, NotFound } from '../../../src/lifecycle/provider.ts';
import { NamelessInstances } from '../../../src/accounts/instances/nameless-instances.ts';
import { aSnapshot, failure } from '../../support/builders/snapshots.ts';
import { nameless } from '../support/lists.ts';

type PodAnswer = Answer<InstanceSnapshot> | NotFound;

const NAMED: PodAnswer = { kind: 'ok', value: aSnapshot({ podId: 'p-1', name: 'from-get' }) };
const NAMELESS: PodAnswer = { kind: 'ok', value: nameless('p-1') };
const MISSING: PodAnswer = { kind: 'notFound', message: 'HTTP status 404.' };
const DOWN = failure();

/** The instances without a readable name, with a provider that gives these answers in turn, and then the last. */
function namesFrom(...answers: readonly PodAnswer[]) {
  const asked: string[] = [];
  const names = new NamelessInstances({
    getPod: async (podId) => {
      asked.push(podId);
      return await Promise.resolve(answers[asked.length - 1] ?? answers.at(-1) ?? DOWN);
    },
  });
  return { asked, names };
}

describe('an instance that a list shows', () => {
  it.each([
    { name: 'is read by its ID when it has no name', instance: nameless('p-1'), asked: ['p-1'] },
    { name: 'is not read when the list shows its name', instance: aSnapshot({ podId: 'p-1' }), asked: [] },
    { name: 'is not read after its termination', instance: nameless('p-1', 'TERMINATED'), asked: [] },
    {
      name: 'is read while it terminates, because it bills',
      instance: nameless('p-1', 'DELETING'),
      asked: ['p-1'],
    },
  ])('$name', async ({ instance, asked: expected }) => {
    const { asked, names } = namesFrom(NAMED);
    expect(names.fill([instance], 0)).toEqual([instance]);
    expect(names.open().map(({ podId }) => podId)).toEqual(expected);
    await names.ask();
    expect(asked).toEqual(expected);
  });
});

describe('an instance without a readable name', () => {
  it.each<{ name: string; answers: readonly PodAnswer[]; requests: number; found: string | undefined }>([
    {
      name: 'is read once when the answer has its name, which is remembered while lists lack it',
      answers: [NAMED, DOWN],
      requests: 1,
      found: 'from-get',
    },
    {
      name: 'is read once when the answer lacks its name too',
      answers: [NAMELESS, NAMED],
      requests: 1,
      found: undefined,
    },
    {
      name: 'is read once when the provider does not find it',
      answers: [MISSING, NAMED],
      requests: 1,
      found: undefined,
    },
    {
      name: 'is read again after a failed read, which says nothing',
      answers: [DOWN, NAMED],
      requests: 2,
      found: 'from-get',
    },
    {
      name: 'is read after one, two and four lists while reads fail, so that an outage does not hide it for good',
      answers: [DOWN, DOWN, DOWN, NAMED],
      requests: 4,
      found: 'from-get',
    },
    { name: 'is read ever more seldom while reads fail', answers: [DOWN], requests: 4, found: undefined },
  ])('$name', async ({ answers, requests, found }) => {
    const { asked, names } = namesFrom(...answers);
    for (let lists = 0; lists < 10; lists += 1) {
      names.fill([nameless('p-1')], lists);
      await names.ask();
    }
    expect(asked).toHaveLength(requests);
    expect(names.fill([nameless('p-1')], 10)[0]?.name).toBe(found);
    expect(names.open()).toEqual(found === undefined ? [{ podId: 'p-1', firstListedAtMs: 0 }] : []);
  });

  it('is not read again while a read is under way', async () => {
    const answer = Promise.withResolvers<PodAnswer>();
    const asked: string[] = [];
    const names = new NamelessInstances({
      getPod: async (podId) => {
        asked.push(podId);
        return await answer.promise;
      },
    });
    names.fill([nameless('p-1')], 0);
    const reading = names.ask();
    names.fill([nameless('p-1')], 1);
    await names.ask();
    answer.resolve(NAMED);
    await reading;
    expect(asked).toEqual(['p-1']);
  });

  it('keeps the start of the first list that showed it', () => {
    const { names } = namesFrom();
    names.fill([nameless('p-1')], 7);
    names.fill([nameless('p-1'), nameless('p-2')], 8);
    expect(names.open()).toEqual([
      { podId: 'p-1', firstListedAtMs: 7 },
      { podId: 'p-2', firstListedAtMs: 8 },
    ]);
  });

  it.each([
    { name: 'no list shows it any more', between: [] },
    { name: 'a list shows its name', between: [aSnapshot({ podId: 'p-1', name: 'from-list' })] },
  ])('is forgotten when $name', async ({ between }) => {
    const { asked, names } = namesFrom(NAMED);
    names.fill([nameless('p-1')], 0);
    await names.ask();
    expect(names.fill(between, 1)).toEqual(between);
    names.fill([nameless('p-1')], 2);
    expect(names.open()).toEqual([{ podId: 'p-1', firstListedAtMs: 2 }]);
    await names.ask();
    expect(asked).toHaveLength(2);
  });

  it('waits for the next list when more than ten lack their names', async () => {
    const { asked, names } = namesFrom(NAMED);
    const many = Array.from({ length: 12 }, (_, index) => nameless(`p-${index}`));
    names.fill(many, 0);
    await names.ask();
    expect(asked).toHaveLength(10);
    names.fill(many, 1);
    await names.ask();
    expect(new Set(asked)).toEqual(new Set(many.map(({ podId }) => podId)));
    expect(asked).toHaveLength(12);
  });
});
