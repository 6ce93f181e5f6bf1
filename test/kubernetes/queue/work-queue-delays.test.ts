import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkQueue } from '../../../src/kubernetes/queue/work-queue.ts';
import type { WorkQueueOptions } from '../../../src/kubernetes/queue/work-queue-options.ts';
import { ControlledWork } from '../support/controlled-work.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let log: RecordingLog;
let queue: WorkQueue;
let work: ControlledWork;

beforeEach(() => {
  clock = new VirtualClock();
  log = new RecordingLog();
  work = new ControlledWork();
  queue = newQueue();
});

afterEach(async () => {
  const stopped = queue.stop();
  await work.endAll();
  await stopped;
  expect(clock.sleepers).toBe(0);
});

function newQueue(options: Partial<WorkQueueOptions> = {}): WorkQueue {
  return new WorkQueue({ clock, log, random: () => 1, ...options });
}

function run(concurrency = 1): void {
  void queue.run(work.worker, { concurrency });
}

describe('delays', () => {
  beforeEach(() => {
    run(5);
  });

  it('hold a key back until it is due', async () => {
    queue.addAfter('a', 1000);
    await clock.advance(999);
    expect(work.started).toEqual([]);

    await clock.advance(1);

    expect(work.started).toEqual(['a']);
  });

  it.each([
    { first: 1000, second: 200, reason: 'the second is earlier' },
    { first: 200, second: 1000, reason: 'the first is earlier' },
  ])('of one key lead to one run at the earliest time when $reason', async ({ first, second }) => {
    queue.addAfter('a', first);
    queue.addAfter('a', second);

    await clock.advance(200);
    await work.endAll();
    await clock.advance(2000);

    expect(work.started).toEqual(['a']);
  });

  it('are not canceled by an add in between', async () => {
    queue.addAfter('a', 1000);
    queue.add('a');
    await work.end('a');

    await clock.advance(1000);

    expect(work.started).toEqual(['a', 'a']);
  });

  it.each([0, -5, Number.NaN])('of %d ms work like an add', (delayMs) => {
    queue.addAfter('a', delayMs);

    expect(work.started).toEqual(['a']);
  });

  it('of 10,000 keys need one timer', async () => {
    for (let index = 0; index < 10_000; index += 1) queue.addAfter(`key-${String(index)}`, 60_000 - index);

    expect(clock.sleepers).toBe(1);
    expect(queue.delayed).toBe(10_000);
    await clock.advance(50_003);
    expect(work.started).toEqual(['key-9999', 'key-9998', 'key-9997']);
  });

  it('that are later than the next due key start no timer', () => {
    for (let index = 0; index < 100; index += 1) queue.addAfter(`key-${String(index)}`, 1000 + index);

    expect(clock.sleepsBegun).toBe(1);
  });

  it('that end at the same time keep their order', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `key-${String((index * 7) % 50)}`);
    for (const key of keys) queue.addAfter(key, 1000);

    await clock.advance(1000);
    while (queue.inFlight > 0) await work.endAll();

    expect(work.started).toEqual(keys);
  });

  it('that exceed the maximum of a timer are kept, and not reduced to zero', async () => {
    const days30 = 30 * 24 * 3_600_000;
    queue.addAfter('a', days30);
    expect(clock.wakeTimesMs()).toEqual([2_147_483_647]);
    await clock.advance(days30 - 1);
    expect(work.started).toEqual([]);

    await clock.advance(1);

    expect(work.started).toEqual(['a']);
  });

  it('that expire while the key is processed lead to one more run', async () => {
    queue.addAfter('a', 100);
    queue.add('a');
    await clock.advance(100);
    expect(work.started).toEqual(['a']);

    await work.end('a');

    expect(work.started).toEqual(['a', 'a']);
  });
});

describe('retries', () => {
  it('double per key, up to a limit, until the key is forgotten', () => {
    queue = newQueue({ backOff: { baseMs: 100, maxMs: 500 } });

    expect([1, 2, 3, 4].map(() => queue.retry('a'))).toEqual([100, 200, 400, 500]);
    expect(queue.retry('b')).toBe(100);
    expect(queue.failures('a')).toBe(4);
    queue.forget('a');
    expect(queue.retry('a')).toBe(100);
  });

  it('are spread over the upper half of the back-off', () => {
    queue = newQueue({ backOff: { baseMs: 100, maxMs: 500 }, random: () => 0 });

    expect(queue.retry('a')).toBe(50);
  });

  it('happen automatically when a worker throws, while the others continue', async () => {
    queue = newQueue({ backOff: { baseMs: 100, maxMs: 500 } });
    run(1);
    queue.add('a');
    queue.add('b');

    await work.end('a', new Error('bug'));
    await work.end('b');
    await clock.advance(100);

    expect(work.started).toEqual(['a', 'b', 'a']);
    expect(log.messages('error')).toEqual(['worker threw, retrying']);
  });
});
