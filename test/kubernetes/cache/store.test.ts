import { beforeEach, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { Store } from '../../../src/kubernetes/cache/store.ts';

interface Thing extends KubernetesObject {
  readonly color: string;
}

let store: Store<Thing>;
let nowMs: number;

beforeEach(() => {
  nowMs = 1_000;
  store = new Store<Thing>({ monotonicMs: () => nowMs });
});

/** A version of the object `team-a/thing`. Its color names the version, unless told. */
function thing(resourceVersion: string, uid = 'uid-1', color = `color ${resourceVersion}`): Thing {
  return { metadata: { namespace: 'team-a', name: 'thing', uid, resourceVersion }, color };
}

const KEY = 'team-a/thing';

/** Versions of one object that arrive after each other. */
interface Arrival {
  readonly name: string;
  readonly held: string;
  readonly next: string;
  readonly outcome: 'stores' | 'ignores';
}

const ARRIVALS: readonly Arrival[] = [
  { name: 'a newer version', held: '9', next: '10', outcome: 'stores' },
  { name: 'an older version', held: '10', next: '9', outcome: 'ignores' },
  { name: 'the same version', held: '10', next: '10', outcome: 'ignores' },
  {
    name: 'a newer version beyond the safe integers',
    held: '9007199254740992',
    next: '9007199254740993',
    outcome: 'stores',
  },
  {
    name: 'an older version beyond the safe integers',
    held: '9007199254740993',
    next: '9007199254740992',
    outcome: 'ignores',
  },
  {
    name: 'another version of a server whose versions are no numbers',
    held: 'b',
    next: 'a',
    outcome: 'stores',
  },
  { name: 'the same version of such a server', held: 'b', next: 'b', outcome: 'ignores' },
];

describe('an older object in a list', () => {
  it.each<{ why: string; version: string; seenAtMs: number; isRewound?: boolean; color: string }>([
    {
      why: 'is ignored if the newer one was written after the list began',
      version: '9',
      seenAtMs: 2_000,
      color: 'color 10',
    },
    {
      why: 'counts if the list is later than the newer one, which therefore never existed',
      version: '11',
      seenAtMs: 2_000,
      color: 'color 8',
    },
    {
      why: 'counts if the newer one was known before the list began, which shows all that was written',
      version: '9',
      seenAtMs: 1_000,
      color: 'color 8',
    },
    {
      why: 'counts if the versions of the server went back',
      version: '9',
      seenAtMs: 2_000,
      isRewound: true,
      color: 'color 8',
    },
  ])('$why', ({ version, seenAtMs, isRewound = false, color }) => {
    nowMs = seenAtMs;
    store.put(thing('10'));
    const events = store.put(thing('8'), { version, beganAtMs: 1_500, isRewound });
    expect(store.get(KEY)?.color).toBe(color);
    expect(events.map(({ type }) => type)).toEqual(color === 'color 8' ? ['DELETED', 'ADDED'] : []);
  });

  it('counts with the very version of a lost one, if the versions of the server went back', () => {
    store.put(thing('10', 'uid-1', 'lost'));
    store.put(thing('10', 'uid-1', 'true'), { version: '10', beganAtMs: 0, isRewound: true });
    expect(store.get(KEY)?.color).toBe('true');
  });
});

describe('put', () => {
  it('stores a new object, and reports that it was added', () => {
    expect(store.put(thing('1'))).toEqual([{ type: 'ADDED', object: thing('1') }]);
    expect(store.get(KEY)).toEqual(thing('1'));
  });

  it.each(ARRIVALS)('$outcome $name', ({ held, next, outcome }) => {
    store.put(thing(held, 'uid-1', 'held'));

    const events = store.put(thing(next, 'uid-1', 'next'));

    const object = thing(next, 'uid-1', 'next');
    const previous = thing(held, 'uid-1', 'held');
    const isStored = outcome === 'stores';
    expect(events).toEqual(isStored ? [{ type: 'MODIFIED', object, previous }] : []);
    expect(store.get(KEY)).toEqual(isStored ? object : previous);
  });

  it('reports a deletion and an addition when another object of the name arrives', () => {
    store.put(thing('1', 'uid-1'));

    expect(store.put(thing('2', 'uid-2'))).toEqual([
      { type: 'DELETED', object: thing('1', 'uid-1') },
      { type: 'ADDED', object: thing('2', 'uid-2') },
    ]);
  });

  it('ignores an earlier object of the name, which arrives late', () => {
    store.put(thing('2', 'uid-2'));

    expect(store.put(thing('1', 'uid-1'))).toEqual([]);
    expect(store.get(KEY)).toEqual(thing('2', 'uid-2'));
  });
});

describe('the time at which the stored version was received', () => {
  it('is that of the first list or watch event that brought it, or of the answer to an own write', () => {
    store.put(thing('2'));
    expect(store.seenAtMs(KEY)).toBe(1_000);
    nowMs = 2_000;
    store.put(thing('2'));
    expect(store.seenAtMs(KEY)).toBe(1_000);
    store.put(thing('3'));
    expect(store.seenAtMs(KEY)).toBe(2_000);
    nowMs = 3_000;
    store.applyLocal(thing('4'));
    expect(store.seenAtMs(KEY)).toBe(3_000);
    store.removeKey(KEY);
    expect(store.seenAtMs(KEY)).toBeUndefined();
  });
});

describe('applyLocal', () => {
  it.each(ARRIVALS)('$outcome $name', ({ held, next, outcome }) => {
    store.put(thing(held, 'uid-1', 'held'));

    expect(store.applyLocal(thing(next, 'uid-1', 'next'))).toBe(outcome === 'stores');
    expect(store.get(KEY)?.color).toBe(outcome === 'stores' ? 'next' : 'held');
  });

  it('does not bring back an object that is deleted', () => {
    store.put(thing('1'));
    store.removeKey(KEY);

    expect(store.applyLocal(thing('2'))).toBe(false);
    expect(store.size).toBe(0);
  });

  it('does not replace another object of the name', () => {
    store.put(thing('1', 'uid-2'));

    expect(store.applyLocal(thing('5', 'uid-1'))).toBe(false);
    expect(store.get(KEY)).toEqual(thing('1', 'uid-2'));
  });

  it('hides the watch event of the version that it stored, and no later one', () => {
    store.put(thing('1'));
    store.applyLocal(thing('3'));

    expect(store.put(thing('2'))).toEqual([]);
    expect(store.put(thing('3'))).toEqual([]);
    expect(store.put(thing('4'))).toEqual([{ type: 'MODIFIED', object: thing('4'), previous: thing('3') }]);
  });
});

describe('the kept form', () => {
  it('is what readers and handlers get, from a list, a watch, or a write of this process', () => {
    const kept = new Store<Thing>({ monotonicMs: () => nowMs }, (one) => ({
      ...one,
      color: `kept ${one.color}`,
    }));

    const added = kept.put(thing('1'));
    expect(added).toEqual([{ type: 'ADDED', object: thing('1', 'uid-1', 'kept color 1') }]);
    expect(kept.applyLocal(thing('2'))).toBe(true);
    expect(kept.get(KEY)?.color).toBe('kept color 2');
  });

  it('is not made of a version that is not stored', () => {
    let made = 0;
    const kept = new Store<Thing>({ monotonicMs: () => nowMs }, (one) => ((made += 1), one));

    kept.put(thing('2'));
    kept.put(thing('2'));
    kept.applyLocal(thing('1'));
    expect(made).toBe(1);
  });
});

describe('remove', () => {
  it.each<{ name: string; last: Thing | undefined; reported: Thing }>([
    { name: 'the last state when it is newer', last: thing('6'), reported: thing('6') },
    { name: 'the stored state when the last one is older', last: thing('4'), reported: thing('5') },
    {
      name: 'the stored state when the last one could not be decoded',
      last: undefined,
      reported: thing('5'),
    },
  ])('reports $name', ({ last, reported }) => {
    store.put(thing('5'));

    expect(store.remove(thing('6'), last)).toEqual([{ type: 'DELETED', object: reported }]);
    expect(store.get(KEY)).toBeUndefined();
  });

  it('ignores the deletion of an earlier object of the name, and of an unknown one', () => {
    expect(store.remove(thing('1'), undefined)).toEqual([]);
    store.put(thing('5', 'uid-2'));

    expect(store.remove(thing('6', 'uid-1'), thing('6', 'uid-1'))).toEqual([]);
    expect(store.get(KEY)).toEqual(thing('5', 'uid-2'));
  });
});

it('removes the key that a complete list lacks once, and then accepts any version', () => {
  store.put(thing('5'));

  expect(store.removeKey(KEY)).toEqual([{ type: 'DELETED', object: thing('5') }]);
  expect(store.removeKey(KEY)).toEqual([]);
  expect(store.put(thing('1'))).toHaveLength(1);
});

it('lists objects by namespace and name, in a list that the caller may change', () => {
  const other = { metadata: { ...thing('2').metadata, namespace: 'team-b' }, color: 'red' };
  const cluster = { metadata: { name: 'thing', uid: 'uid-3', resourceVersion: '3' }, color: 'blue' };
  for (const object of [thing('1'), other, cluster]) store.put(object);

  store.list().pop();

  expect(store.keys()).toEqual([KEY, 'team-b/thing', 'thing']);
  expect(store.list()).toEqual([thing('1'), other, cluster]);
  expect(store.size).toBe(3);
});

describe('changes', () => {
  it.each<{ name: string; change: () => void; keys: readonly string[] }>([
    { name: 'an object that is stored', change: () => store.put(thing('2', 'uid-2')), keys: [KEY] },
    { name: 'a newer version', change: () => store.put(thing('2')), keys: [KEY] },
    { name: 'a write of this process', change: () => store.applyLocal(thing('2')), keys: [KEY] },
    {
      name: 'an object that a watch removes',
      change: () => store.remove(thing('1'), undefined),
      keys: [KEY],
    },
    { name: 'an object that a list lacks', change: () => store.removeKey(KEY), keys: [KEY] },
    { name: 'nothing, if the version is older', change: () => store.put(thing('0')), keys: [] },
    {
      name: 'an object that is removed and created again',
      change: () => [store.removeKey(KEY), store.put(thing('2', 'uid-2'))],
      keys: [KEY],
    },
    {
      name: 'no object that came and went, so that unread notes do not grow',
      change: () => [
        store.put({ ...thing('2'), metadata: { ...thing('2').metadata, name: 'passing' } }),
        store.removeKey('team-a/passing'),
      ],
      keys: [],
    },
  ])('has $name, once for each reader', ({ change, keys }) => {
    store.put(thing('1'));
    const readers = [store.changes(), store.changes()];
    // Each begins with everything that exists.
    expect(readers.map((reader) => [...reader.take()])).toEqual([[KEY], [KEY]]);
    change();
    expect(readers.map((reader) => [...reader.take()])).toEqual([keys, keys]);
    expect(readers.map((reader) => [...reader.take()])).toEqual([[], []]);
  });
});
