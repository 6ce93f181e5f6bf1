import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from '../../../src/kubernetes/events/bounded-map.ts';

/** What a caller does with a key: `use` it, `get` it, or `delete` it. */
type Step = readonly ['use' | 'get' | 'delete', string];

const KEYS = ['a', 'b', 'c', 'd'];

function keysAfter(steps: readonly Step[], capacity: number): readonly string[] {
  const map = new BoundedMap<string>(capacity);
  for (const [action, key] of steps) {
    if (action === 'use') map.use(key, () => key);
    else map[action](key);
  }
  const kept = KEYS.filter((key) => map.get(key) === key);
  expect(map.size).toBe(kept.length);
  return kept;
}

describe('a bounded map', () => {
  it.each<{ name: string; capacity?: number; steps: readonly Step[]; kept: readonly string[] }>([
    {
      name: 'nothing while there is room',
      steps: [
        ['use', 'a'],
        ['use', 'b'],
      ],
      kept: ['a', 'b'],
    },
    {
      name: 'the oldest entry when none was used again',
      steps: [
        ['use', 'a'],
        ['use', 'b'],
        ['use', 'c'],
      ],
      kept: ['b', 'c'],
    },
    {
      name: 'the entry that was not used again',
      steps: [
        ['use', 'a'],
        ['use', 'b'],
        ['use', 'a'],
        ['use', 'c'],
      ],
      kept: ['a', 'c'],
    },
    {
      name: 'an entry that was only read, because a read is no use',
      steps: [
        ['use', 'a'],
        ['use', 'b'],
        ['get', 'a'],
        ['use', 'c'],
      ],
      kept: ['b', 'c'],
    },
    {
      name: 'nothing after a deletion made room',
      steps: [
        ['use', 'a'],
        ['use', 'b'],
        ['delete', 'b'],
        ['use', 'c'],
      ],
      kept: ['a', 'c'],
    },
    {
      name: 'nothing when a key that it does not have is deleted',
      steps: [
        ['use', 'a'],
        ['delete', 'b'],
      ],
      kept: ['a'],
    },
    {
      name: 'every earlier entry when there is room for one',
      capacity: 1,
      steps: [
        ['use', 'a'],
        ['use', 'b'],
        ['use', 'd'],
      ],
      kept: ['d'],
    },
  ])('drops $name', ({ capacity = 2, steps, kept }) => {
    expect(keysAfter(steps, capacity)).toEqual(kept);
  });
});

describe('use', () => {
  it('makes a value once, and again after the entry was dropped', () => {
    const made: string[] = [];
    const map = new BoundedMap<{ readonly of: string }>(1);
    const use = (key: string): object =>
      map.use(key, () => {
        made.push(key);
        return { of: key };
      });

    const first = use('a');
    expect(use('a')).toBe(first);
    expect(map.get('a')).toBe(first);
    use('b');
    expect(use('a')).not.toBe(first);

    expect(made).toEqual(['a', 'b', 'a']);
  });

  it('keeps a value that counts as false', () => {
    const map = new BoundedMap<number>(1);
    map.use('a', () => 0);

    expect(map.use('a', () => 1)).toBe(0);
  });
});
