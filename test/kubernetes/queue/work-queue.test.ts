import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkQueue } from '../../../src/kubernetes/queue/work-queue.ts';
import type { WorkQueueOptions } from '../../../src/kubernetes/queue/work-queue-options.ts';
import { ControlledWork } from '../support/controlled-work.ts';
import { RecordingLog } from '../support/recording-log.ts';
import { turn, until } from '../support/until.ts';
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

describe('a key', () => {
  it('that is added many times while it waits is processed once', async () => {
    for (const key of ['a', 'b', 'a', 'a', 'b']) queue.add(key);
    expect(queue.depth).toBe(2);

    run(5);
    await work.endAll();

    expect(work.started).toEqual(['a', 'b']);
  });

  it('that is added while it is processed is processed once more afterwards', async () => {
    run(5);
    queue.add('a');
    queue.add('a');
    queue.add('a');
    await turn();
    expect(work.started).toEqual(['a']);

    await work.end('a');
    await work.end('a');

    expect(work.started).toEqual(['a', 'a']);
    expect(queue.inFlight).toBe(0);
  });

  it('that is added again goes to the end of the queue, so that it cannot starve others', async () => {
    run(1);
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);

    for (const key of ['a', 'b', 'c', 'a']) await work.end(key);

    expect(work.started).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('workers', () => {
  it('never exceed the requested number', async () => {
    run(3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
    expect(queue.inFlight).toBe(3);
    expect(queue.depth).toBe(2);

    await work.end('b');

    expect(work.started).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.inFlight).toBe(3);
  });

  it('can be started only once for each queue', async () => {
    run();

    await expect(queue.run(work.worker, { concurrency: 1 })).rejects.toThrow('already running');
  });

  it('that never wait still let timers and sockets run', async () => {
    let turnsGiven = 0;
    let isOver = false;
    const count = (): void => {
      turnsGiven += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    queue = newQueue();
    void queue.run(
      async () => {
        // Each key costs a millisecond of CPU time.
        clock.jump(1);
        await Promise.resolve();
      },
      { concurrency: 10 },
    );

    for (let index = 0; index < 200; index += 1) queue.add(String(index));
    await queue.drain();
    isOver = true;
    await turn();

    expect(turnsGiven).toBeGreaterThanOrEqual(20);
  });
});

describe('stopping', () => {
  it('starts no key, drops waiting keys, and waits for running workers', async () => {
    run(1);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    let isStopped = false;
    const stopped = queue.stop().then(() => {
      isStopped = true;
    });
    queue.add('d');
    await clock.advance(100);
    expect(isStopped).toBe(false);

    await work.end('a');
    await stopped;

    expect(work.started).toEqual(['a']);
  });

  it('completes run(), even when no key ever ran', async () => {
    const running = queue.run(work.worker, { concurrency: 1 });

    await queue.stop();

    await expect(running).resolves.toBeUndefined();
  });

  it('aborts the signal of the workers on abort()', async () => {
    let reason: unknown;
    void queue.run(
      async (_key, signal) => {
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve();
          });
        });
      },
      { concurrency: 1 },
    );
    queue.add('a');
    queue.abort();
    await queue.stop();

    expect(reason).toBeInstanceOf(DOMException);
  });

  it('is not needed to wait until the queue is empty', async () => {
    run(1);
    queue.add('a');
    queue.add('b');
    queue.addAfter('later', 60_000);
    let isDrained = false;
    void queue.drain().then(() => {
      isDrained = true;
    });

    await work.end('a');
    expect(isDrained).toBe(false);
    await work.end('b');
    await until(() => isDrained);

    expect(queue.delayed).toBe(1);
  });
});

it('reports depth, waits, work and retries to an observer', async () => {
  const seen: string[] = [];
  queue = newQueue({
    observer: {
      onDepth: (depth) => seen.push(`depth ${String(depth)}`),
      onAdded: () => seen.push('added'),
      onStarted: (seconds) => seen.push(`waited ${String(seconds)}`),
      onFinished: (seconds) => seen.push(`worked ${String(seconds)}`),
      onRetry: () => seen.push('retry'),
    },
  });
  queue.add('a');
  clock.jump(2000);
  run();
  clock.jump(3000);
  await work.end('a', new Error('bug'));

  expect(seen).toEqual(['added', 'depth 1', 'depth 0', 'waited 2', 'retry', 'worked 3']);
});

it('counts a repeated add only when it leads to another run', async () => {
  let added = 0;
  const urgent = new Set<string>();
  queue = newQueue({
    laneOf: (key) => (urgent.has(key) ? 'urgent' : 'normal'),
    observer: { onAdded: () => (added += 1) },
  });
  queue.add('a');
  queue.add('a');
  urgent.add('a');
  queue.add('a');
  expect(added).toBe(1);
  run();
  await turn();
  queue.add('a');
  queue.add('a');
  expect(added).toBe(2);

  await work.end('a');
  await work.end('a');
  queue.addAfter('a', 1_000);
  expect(added).toBe(2);
  await clock.advance(1_000);

  expect(added).toBe(3);
});

describe('a limit for a retry', () => {
  it('applies to this retry, while the back-off keeps growing', () => {
    for (let index = 0; index < 12; index += 1) queue.retry('a', 30_000);

    expect(queue.retry('a', 30_000)).toBe(30_000);
    expect(queue.retry('a')).toBe(300_000);
  });
});
