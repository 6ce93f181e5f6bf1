import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DelayHeap } from '../../../src/kubernetes/queue/delay-heap.ts';

let heap: DelayHeap;

beforeEach(() => {
  heap = new DelayHeap();
});

/** Sets the times in this order, written as `[key, milliseconds]`. */
function addAll(...times: readonly (readonly [string, number])[]): void {
  for (const [key, atMs] of times) heap.add(key, atMs);
}

describe('takeDue', () => {
  it('returns nothing and has no earliest time without keys', () => {
    expect(heap.takeDue(Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(heap.earliestMs()).toBeUndefined();
    expect(heap.size).toBe(0);
  });

  it('returns the keys that are due, the earliest first, and keeps the others', () => {
    addAll(['d', 40], ['b', 20], ['c', 30], ['a', 10]);

    expect(heap.takeDue(30)).toEqual(['a', 'b', 'c']);
    expect(heap.earliestMs()).toBe(40);
    expect(heap.size).toBe(1);
  });

  it('returns keys with one time in the order in which they got it', () => {
    addAll(['c', 10], ['a', 10], ['d', 10], ['b', 10], ['e', 10]);

    expect(heap.takeDue(10)).toEqual(['c', 'a', 'd', 'b', 'e']);
  });

  it('removes what it returns, so that the key may get a later time', () => {
    addAll(['a', 10]);
    heap.takeDue(10);
    expect(heap.takeDue(10)).toEqual([]);

    addAll(['a', 50]);

    expect(heap.takeDue(49)).toEqual([]);
    expect(heap.takeDue(50)).toEqual(['a']);
  });
});

describe('add', () => {
  it.each<{ name: string; times: readonly number[]; earliestMs: number }>([
    { name: 'the second time is earlier', times: [50, 20], earliestMs: 20 },
    { name: 'the second time is later', times: [20, 50], earliestMs: 20 },
    { name: 'the times are equal', times: [20, 20], earliestMs: 20 },
    { name: 'the times become earlier and later in turn', times: [60, 30, 40, 10, 20], earliestMs: 10 },
  ])('keeps one time for each key, the earliest, when $name', ({ times, earliestMs }) => {
    for (const atMs of times) heap.add('a', atMs);

    expect(heap.size).toBe(1);
    expect(heap.earliestMs()).toBe(earliestMs);
    expect(heap.takeDue(earliestMs - 1)).toEqual([]);
    expect(heap.takeDue(100)).toEqual(['a']);
  });

  it('leaves the place among equals to a key that gets its own time again', () => {
    addAll(['a', 10], ['b', 10], ['a', 10]);

    expect(heap.takeDue(10)).toEqual(['a', 'b']);
  });

  it('puts a key behind its equals when it gets their time later than they did', () => {
    addAll(['a', 20], ['b', 10], ['a', 10]);

    expect(heap.takeDue(10)).toEqual(['b', 'a']);
  });
});

it('keeps times and their sequence when so many times were replaced that it is built anew', () => {
  addAll(['late', 5_000], ['first of two', 3_000], ['second of two', 3_000]);
  for (let atMs = 2_000; atMs > 1_000; atMs -= 1) {
    heap.add('often', atMs);
    expect(heap.earliestMs()).toBe(atMs);
  }
  addAll(['third', 3_000]);

  expect(heap.size).toBe(5);
  expect(heap.takeDue(5_000)).toEqual(['often', 'first of two', 'second of two', 'third', 'late']);
});

it('forgets all keys and times on clear', () => {
  addAll(['a', 20], ['a', 10], ['b', 30]);

  heap.clear();

  expect(heap.size).toBe(0);
  expect(heap.earliestMs()).toBeUndefined();
  heap.add('a', 40);
  expect(heap.takeDue(39)).toEqual([]);
  expect(heap.takeDue(40)).toEqual(['a']);
});

/** The times of the keys, in a map without any order. */
class Reference {
  readonly #times = new Map<string, { readonly atMs: number; readonly order: number }>();
  #order = 0;

  add(key: string, atMs: number): void {
    this.#order += 1;
    const held = this.#times.get(key);
    if (held === undefined || atMs < held.atMs) this.#times.set(key, { atMs, order: this.#order });
  }

  takeDue(nowMs: number): readonly string[] {
    const due = [...this.#times].filter(([, { atMs }]) => atMs <= nowMs);
    due.sort(([, a], [, b]) => a.atMs - b.atMs || a.order - b.order);
    for (const [key] of due) this.#times.delete(key);
    return due.map(([key]) => key);
  }
}

it('returns the same keys as a sorted list, whatever is added and taken', () => {
  const key = fc.integer({ min: 0, max: 15 }).map(String);
  const steps = fc.array(fc.record({ key, atMs: fc.nat(60), dueMs: fc.oneof(fc.constant(-1), fc.nat(60)) }), {
    maxLength: 80,
  });
  const property = fc.property(steps, (plan) => {
    const real = new DelayHeap();
    const reference = new Reference();
    for (const { key: added, atMs, dueMs } of [...plan, { key: '0', atMs: 0, dueMs: 60 }]) {
      real.add(added, atMs);
      reference.add(added, atMs);
      expect(real.takeDue(dueMs)).toEqual(reference.takeDue(dueMs));
    }
    expect(real.size).toBe(0);
  });

  fc.assert(property, { numRuns: 200 });
});
