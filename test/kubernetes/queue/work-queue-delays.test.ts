import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { QueueBench } from '../support/queue-bench.ts';

let bench: QueueBench;

beforeEach(() => {
  bench = new QueueBench();
});

afterEach(async () => {
  await bench.close();
});

describe('delays', () => {
  beforeEach(() => {
    bench.run({ concurrency: 5 });
  });

  it('hold a key back until it is due', async () => {
    bench.queue.addAfter('a', 1000);
    await bench.clock.advance(999);
    expect(bench.work.started).toEqual([]);

    await bench.clock.advance(1);

    expect(bench.work.started).toEqual(['a']);
  });

  it.each([
    { first: 1000, second: 200, reason: 'the second is earlier' },
    { first: 200, second: 1000, reason: 'the first is earlier' },
  ])('of one key lead to one run at the earliest time when $reason', async ({ first, second }) => {
    bench.queue.addAfter('a', first);
    bench.queue.addAfter('a', second);

    await bench.clock.advance(200);
    await bench.work.endAll();
    await bench.clock.advance(2000);

    expect(bench.work.started).toEqual(['a']);
  });

  it('are not canceled by an add in between', async () => {
    bench.queue.addAfter('a', 1000);
    bench.queue.add('a');
    await bench.work.end('a');

    await bench.clock.advance(1000);

    expect(bench.work.started).toEqual(['a', 'a']);
  });

  it.each([0, -5, Number.NaN])('of %d ms work like an add', (delayMs) => {
    bench.queue.addAfter('a', delayMs);

    expect(bench.work.started).toEqual(['a']);
  });

  it('of 10,000 keys need one timer', async () => {
    for (let index = 0; index < 10_000; index += 1) {
      bench.queue.addAfter(`key-${String(index)}`, 60_000 - index);
    }

    expect(bench.clock.sleepers).toBe(1);
    expect(bench.queue.delayed).toBe(10_000);
    await bench.clock.advance(50_003);
    expect(bench.work.started).toEqual(['key-9999', 'key-9998', 'key-9997']);
  });

  it('that are later than the next due key start no timer', () => {
    for (let index = 0; index < 100; index += 1) bench.queue.addAfter(`key-${String(index)}`, 1000 + index);

    expect(bench.clock.sleepsBegun).toBe(1);
  });

  it('that end at the same time keep their order', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key-${String((index * 7) % 50)}`);
    for (const key of keys) bench.queue.addAfter(key, 1000);

    await bench.clock.advance(1000);
    while (bench.queue.inFlight > 0) await bench.work.endAll();

    expect(bench.work.started).toEqual(keys);
  });

  it('that exceed the maximum of a timer are kept, with a timer of a minute at most, which stands still while the host is suspended', async () => {
    const days30 = 30 * 24 * 3_600_000;
    bench.queue.addAfter('a', days30);
    expect(bench.clock.wakeTimesMs()).toEqual([60_000]);
    await bench.clock.advance(days30 - 1);
    expect(bench.work.started).toEqual([]);

    await bench.clock.advance(1);

    expect(bench.work.started).toEqual(['a']);
  });

  it('that expire while the key is processed lead to one more run', async () => {
    bench.queue.addAfter('a', 100);
    bench.queue.add('a');
    await bench.clock.advance(100);
    expect(bench.work.started).toEqual(['a']);

    await bench.work.end('a');

    expect(bench.work.started).toEqual(['a', 'a']);
  });
});

describe('retries', () => {
  it('double per key, up to a limit, until the key is forgotten', () => {
    bench = new QueueBench({ backOff: { baseMs: 100, maxMs: 500 } });

    expect([1, 2, 3, 4].map(() => bench.queue.retry('a'))).toEqual([100, 200, 400, 500]);
    expect(bench.queue.retry('b')).toBe(100);
    expect(bench.queue.failures('a')).toBe(4);
    bench.queue.forget('a');
    expect(bench.queue.retry('a')).toBe(100);
  });

  it('are spread over the upper half of the back-off', () => {
    bench = new QueueBench({ backOff: { baseMs: 100, maxMs: 500 }, random: () => 0 });

    expect(bench.queue.retry('a')).toBe(50);
  });

  it('happen automatically when a worker throws, while the others continue', async () => {
    bench = new QueueBench({ backOff: { baseMs: 100, maxMs: 500 } });
    bench.run({ concurrency: 1 });
    bench.queue.add('a');
    bench.queue.add('b');

    await bench.work.end('a', new Error('bug'));
    await bench.work.end('b');
    await bench.clock.advance(100);

    expect(bench.work.started).toEqual(['a', 'b', 'a']);
    expect(bench.log.messages('error')).toEqual(['worker threw, retrying']);
  });
});
