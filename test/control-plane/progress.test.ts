import { describe, expect, it } from '@jest/globals';
import { oncePerPercent, percentOf, progressOf, remainingMs, roughly } from './progress.ts';
import type { Progress } from './progress.ts';

describe('percentOf', () => {
  it.each([
    { why: 'nothing done', done: 0, total: 200, percent: 0 },
    { why: 'it rounds down, because 100 means the end', done: 199, total: 200, percent: 99 },
    { why: 'the end', done: 200, total: 200, percent: 100 },
    { why: 'more came than was counted', done: 250, total: 200, percent: 100 },
    { why: 'nothing to do is done', done: 0, total: 0, percent: 100 },
  ])('is $percent for $done of $total: $why', ({ done, total, percent }) => {
    expect(percentOf({ done, total, elapsedMs: 1 })).toBe(percent);
  });
});

describe('remainingMs', () => {
  it.each([
    {
      why: 'a quarter took a minute, so three are left',
      done: 25,
      total: 100,
      elapsedMs: 60_000,
      left: 180_000,
    },
    { why: 'the first share that is worth a guess', done: 5, total: 100, elapsedMs: 5_000, left: 95_000 },
    { why: 'below it there is none', done: 4, total: 100, elapsedMs: 5_000, left: undefined },
    { why: 'more came than was counted', done: 150, total: 100, elapsedMs: 5_000, left: 0 },
    { why: 'nothing to do', done: 0, total: 0, elapsedMs: 5_000, left: undefined },
  ])('$why', ({ done, total, elapsedMs, left }) => {
    expect(remainingMs({ done, total, elapsedMs })).toBe(left);
  });
});

describe('roughly', () => {
  it.each([
    { ms: 0, text: 'less than a minute' },
    { ms: 29_999, text: 'less than a minute' },
    { ms: 30_000, text: 'about 1 min' },
    { ms: 400_000, text: 'about 7 min' },
  ])('writes $ms ms as "$text"', ({ ms, text }) => {
    expect(roughly(ms)).toBe(text);
  });
});

describe('progressOf', () => {
  it('reports how much is done and left', () => {
    expect(progressOf('building etcd', { done: 50, total: 100, elapsedMs: 120_000 })).toEqual({
      message: 'building etcd: 50 %, about 2 min left',
      percent: 50,
      remainingMs: 120_000,
    });
  });

  it('has no estimate from the first packages, which come in a burst', () => {
    expect(progressOf('building etcd', { done: 1, total: 100, elapsedMs: 10 })).toEqual({
      message: 'building etcd: 1 %',
      percent: 1,
    });
  });

  it('reports no remaining time at the end', () => {
    expect(progressOf('building etcd', { done: 100, total: 100, elapsedMs: 10 }).message).toBe(
      'building etcd: 100 %',
    );
  });
});

describe('oncePerPercent', () => {
  it('drops steps with the same percentage, and passes steps without one', () => {
    const seen: Progress[] = [];
    const listener = oncePerPercent((progress) => seen.push(progress));
    const steps: Progress[] = [
      { message: 'a', percent: 0 },
      { message: 'b', percent: 0 },
      { message: 'c', percent: 1 },
      { message: 'd' },
      { message: 'e' },
    ];
    for (const step of steps) listener(step);
    expect(seen.map(({ message }) => message)).toEqual(['a', 'c', 'd', 'e']);
  });
});
