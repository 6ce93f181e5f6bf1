import { beforeEach, describe, expect, it } from '@jest/globals';
import { Slots } from '../../../src/controllers/gpupod/slots.ts';

let notified: string[];
let slots: Slots;

beforeEach(() => {
  notified = [];
  slots = new Slots(2, (key) => notified.push(key));
});

function take(...names: readonly string[]): readonly boolean[] {
  return names.map((name) => slots.take({ namespace: 'n', name }));
}

describe('take', () => {
  it('grants the slots that there are, and refuses the rest without notifying anybody', () => {
    expect(take('a', 'b', 'c')).toEqual([true, true, false]);
    expect(slots.taken).toBe(2);
    expect(notified).toEqual([]);
  });

  it('grants a slot that was given back to whoever asks first', () => {
    take('a', 'b', 'c');
    slots.giveBack();

    expect(take('late', 'c')).toEqual([true, false]);
    expect(slots.taken).toBe(2);
  });

  it('grants one key several slots, because a slot has no owner', () => {
    expect(take('a', 'a', 'a')).toEqual([true, true, false]);
  });

  it('refuses everybody without slots', () => {
    slots = new Slots(0);

    expect(take('a')).toEqual([false]);
    expect(slots.taken).toBe(0);
  });
});

describe('giveBack', () => {
  it.each<{ name: string; refused: readonly string[]; givenBack: number; keys: readonly string[] }>([
    { name: 'nobody if nobody was refused', refused: [], givenBack: 2, keys: [] },
    { name: 'the key that was refused first', refused: ['c', 'd'], givenBack: 1, keys: ['n/c'] },
    { name: 'one key for each slot', refused: ['c', 'd', 'e'], givenBack: 2, keys: ['n/c', 'n/d'] },
    { name: 'a key once, however often it was refused', refused: ['c', 'c'], givenBack: 2, keys: ['n/c'] },
    {
      name: 'a key at its first place, although it was refused again',
      refused: ['c', 'd', 'c'],
      givenBack: 1,
      keys: ['n/c'],
    },
  ])('notifies $name', ({ refused, givenBack, keys }) => {
    take('a', 'b', ...refused);

    for (let count = 0; count < givenBack; count += 1) slots.giveBack();

    expect(notified).toEqual(keys);
    expect(slots.taken).toBe(2 - givenBack);
  });

  it('does not notify a key that has taken a slot since it was refused', () => {
    take('a', 'b', 'c', 'd');
    slots.giveBack();
    expect(take('d', 'c')).toEqual([true, false]);

    slots.giveBack();

    expect(notified).toEqual(['n/c', 'n/c']);
  });

  it('frees the slot before it notifies, so that the key may take it at once', () => {
    const granted: boolean[] = [];
    slots = new Slots(1, () => granted.push(...take('b')));
    take('a', 'b');

    slots.giveBack();

    expect(granted).toEqual([true]);
    expect(slots.taken).toBe(1);
  });

  it('distinguishes GpuPods of one name in several namespaces', () => {
    take('a', 'b');
    for (const namespace of ['x', 'y']) slots.take({ namespace, name: 'c' });

    slots.giveBack();
    slots.giveBack();

    expect(notified).toEqual(['x/c', 'y/c']);
  });
});
