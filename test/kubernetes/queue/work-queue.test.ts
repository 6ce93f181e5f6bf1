import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { turn, until } from '../support/until.ts';
import { QueueBench } from '../support/queue-bench.ts';

let bench: QueueBench;

beforeEach(() => {
  bench = new QueueBench();
});

afterEach(async () => {
  await bench.close();
});

describe('a key', () => {
  it('that is added many times while it waits is processed once', async () => {
    for (const key of ['a', 'b', 'a', 'a', 'b']) bench.queue.add(key);
    expect(bench.queue.depth).toBe(2);

    bench.run({ concurrency: 5 });
    await bench.work.endAll();

    expect(bench.work.started).toEqual(['a', 'b']);
  });

  it('that is added while it is processed is processed once more afterwards', async () => {
    bench.run({ concurrency: 5 });
    bench.queue.add('a');
    bench.queue.add('a');
    bench.queue.add('a');
    await turn();
    expect(bench.work.started).toEqual(['a']);

    await bench.work.end('a');
    await bench.work.end('a');

    expect(bench.work.started).toEqual(['a', 'a']);
    expect(bench.queue.inFlight).toBe(0);
  });

  it('that is added again goes to the end of the queue, so that it cannot starve others', async () => {
    bench.run({ concurrency: 1 });
    for (const key of ['a', 'b', 'a', 'c']) bench.queue.add(key);

    for (const key of ['a', 'b', 'c', 'a']) await bench.work.end(key);

    expect(bench.work.started).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('workers', () => {
  it('never exceed the requested number', async () => {
    bench.run({ concurrency: 3 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) bench.queue.add(key);
    expect(bench.queue.inFlight).toBe(3);
    expect(bench.queue.depth).toBe(2);

    await bench.work.end('b');

    expect(bench.work.started).toEqual(['a', 'b', 'c', 'd']);
    expect(bench.queue.inFlight).toBe(3);
  });

  it('can be started only once for each queue', async () => {
    bench.run();

    await expect(bench.queue.run(bench.work.worker, { concurrency: 1 })).rejects.toThrow('already running');
  });

  it('that never wait still let timers and sockets run', async () => {
    let turnsGiven = 0;
    let isOver = false;
    const count = (): void => {
      turnsGiven += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    bench = new QueueBench();
    void bench.queue.run(
      async () => {
        // Each key costs a millisecond of CPU time.
        bench.clock.jump(1);
        await Promise.resolve();
      },
      { concurrency: 10 },
    );

    for (let index = 0; index < 200; index += 1) bench.queue.add(String(index));
    await bench.queue.drain();
    isOver = true;
    await turn();

    expect(turnsGiven).toBeGreaterThanOrEqual(20);
  });
});

describe('stopping', () => {
  it('starts no key, drops waiting keys, and waits for running workers', async () => {
    bench.run({ concurrency: 1 });
    bench.queue.add('a');
    bench.queue.add('b');
    bench.queue.addAfter('c', 10);
    let isStopped = false;
    const stopped = bench.queue.stop().then(() => {
      isStopped = true;
    });
    bench.queue.add('d');
    await bench.clock.advance(100);
    expect(isStopped).toBe(false);

    await bench.work.end('a');
    await stopped;

    expect(bench.work.started).toEqual(['a']);
  });

  it('completes bench.run(), even when no key ever ran', async () => {
    const running = bench.queue.run(bench.work.worker, { concurrency: 1 });

    await bench.queue.stop();

    await expect(running).resolves.toBeUndefined();
  });

  it('aborts the signal of the workers on abort()', async () => {
    let reason: unknown;
    void bench.queue.run(
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
    bench.queue.add('a');
    bench.queue.abort();
    await bench.queue.stop();

    expect(reason).toBeInstanceOf(DOMException);
  });

  it('is not needed to wait until the queue is empty', async () => {
    bench.run({ concurrency: 1 });
    bench.queue.add('a');
    bench.queue.add('b');
    bench.queue.addAfter('later', 60_000);
    let isDrained = false;
    void bench.queue.drain().then(() => {
      isDrained = true;
    });

    await bench.work.end('a');
    expect(isDrained).toBe(false);
    await bench.work.end('b');
    await until(() => isDrained);

    expect(bench.queue.delayed).toBe(1);
  });
});

it('reports depth, waits, work and retries to an observer', async () => {
  const seen: string[] = [];
  bench = new QueueBench({
    observer: {
      onDepth: (depth) => seen.push(`depth ${String(depth)}`),
      onAdded: () => seen.push('added'),
      onStarted: (seconds) => seen.push(`waited ${String(seconds)}`),
      onFinished: (seconds) => seen.push(`worked ${String(seconds)}`),
      onRetry: () => seen.push('retry'),
    },
  });
  bench.queue.add('a');
  bench.clock.jump(2000);
  bench.run();
  bench.clock.jump(3000);
  await bench.work.end('a', new Error('bug'));

  expect(seen).toEqual(['added', 'depth 1', 'depth 0', 'waited 2', 'retry', 'worked 3']);
});

it('counts a repeated add only when it leads to another run', async () => {
  let added = 0;
  const urgent = new Set<string>();
  bench = new QueueBench({
    laneOf: (key) => (urgent.has(key) ? 'urgent' : 'normal'),
    observer: { onAdded: () => (added += 1) },
  });
  bench.queue.add('a');
  bench.queue.add('a');
  urgent.add('a');
  bench.queue.add('a');
  expect(added).toBe(1);
  bench.run();
  await turn();
  bench.queue.add('a');
  bench.queue.add('a');
  expect(added).toBe(2);

  await bench.work.end('a');
  await bench.work.end('a');
  bench.queue.addAfter('a', 1_000);
  expect(added).toBe(2);
  await bench.clock.advance(1_000);

  expect(added).toBe(3);
});

describe('a limit for a retry', () => {
  it('applies to this retry, while the back-off keeps growing', () => {
    for (let index = 0; index < 12; index += 1) bench.queue.retry('a', 30_000);

    expect(bench.queue.retry('a', 30_000)).toBe(30_000);
    expect(bench.queue.retry('a')).toBe(300_000);
  });
});
