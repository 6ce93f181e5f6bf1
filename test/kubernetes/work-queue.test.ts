import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkQueue, type WorkQueueOptions } from '../../src/kubernetes/work-queue.ts';
import { RecordingLog } from './support/recording-log.ts';
import { turn, until } from './support/until.ts';
import { VirtualClock } from './support/virtual-clock.ts';

let clock: VirtualClock;
let log: RecordingLog;
let queue: WorkQueue;
let work: ControlledWork;

/** Work that ends when the test says so. */
class ControlledWork {
  readonly started: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  readonly worker = async (key: string): Promise<void> => {
    this.started.push(key);
    await new Promise<void>((resolve, reject) => {
      this.#ends.set(key, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  };

  async end(key: string, error?: Error): Promise<void> {
    const end = this.#ends.get(key);
    if (end === undefined) throw new Error(`${key} is not running`);
    this.#ends.delete(key);
    end(error);
    await turn();
  }

  async endAll(): Promise<void> {
    for (const key of [...this.#ends.keys()]) await this.end(key);
  }
}

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
  it('that is added many times while it waits is worked on once', async () => {
    for (const key of ['a', 'b', 'a', 'a', 'b']) queue.add(key);
    expect(queue.depth).toBe(2);

    run(5);
    await work.endAll();

    expect(work.started).toEqual(['a', 'b']);
  });

  it('that is added while it is worked on is worked on once more, not at the same time', async () => {
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

  it('that is dirty goes to the end of the line: it cannot starve others', async () => {
    run(1);
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);

    for (const key of ['a', 'b', 'c', 'a']) await work.end(key);

    expect(work.started).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('delays', () => {
  beforeEach(() => {
    run(5);
  });

  it('hold a key back until its time', async () => {
    queue.addAfter('a', 1000);
    await clock.advance(999);
    expect(work.started).toEqual([]);

    await clock.advance(1);

    expect(work.started).toEqual(['a']);
  });

  it.each([
    { first: 1000, second: 200, reason: 'the second is earlier' },
    { first: 200, second: 1000, reason: 'the first is earlier' },
  ])('of one key: the earliest wins ($reason), and there is one run', async ({ first, second }) => {
    queue.addAfter('a', first);
    queue.addAfter('a', second);

    await clock.advance(200);
    await work.endAll();
    await clock.advance(2000);

    expect(work.started).toEqual(['a']);
  });

  it('are not taken back by an add in between', async () => {
    queue.addAfter('a', 1000);
    queue.add('a');
    await work.end('a');

    await clock.advance(1000);

    expect(work.started).toEqual(['a', 'a']);
  });

  it.each([0, -5, Number.NaN])('of %d ms are an add', (delayMs) => {
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

  it('longer than a timer can be are kept, not cut to nothing', async () => {
    const days30 = 30 * 24 * 3_600_000;
    queue.addAfter('a', days30);
    await clock.advance(days30 - 1);
    expect(work.started).toEqual([]);
    expect(Math.max(...clock.wakeTimesMs())).toBeLessThanOrEqual(2_147_483_647);

    await clock.advance(1);

    expect(work.started).toEqual(['a']);
  });

  it('that come due while the key is worked on lead to one more run', async () => {
    queue.addAfter('a', 100);
    queue.add('a');
    await clock.advance(100);
    expect(work.started).toEqual(['a']);

    await work.end('a');

    expect(work.started).toEqual(['a', 'a']);
  });
});

describe('retries', () => {
  it('double per key, up to a bound, until the key is forgotten', () => {
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

  it('happen by themselves when a worker throws, and the others go on', async () => {
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

describe('workers', () => {
  it('are as many as asked for, never more', async () => {
    run(3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
    expect(queue.inFlight).toBe(3);
    expect(queue.depth).toBe(2);

    await work.end('b');

    expect(work.started).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.inFlight).toBe(3);
  });

  it('can be set on a queue once only', async () => {
    run();

    await expect(queue.run(work.worker, { concurrency: 1 })).rejects.toThrow('running already');
  });

  it('that never wait leave turns to timers and sockets', async () => {
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
        // Each key costs a millisecond of processor.
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
  it('starts nothing new, drops what waits, and waits for what runs', async () => {
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

  it('ends run(), also when nothing ever ran', async () => {
    const running = queue.run(work.worker, { concurrency: 1 });

    await queue.stop();

    await expect(running).resolves.toBeUndefined();
  });

  it('hard aborts the signal of the workers', async () => {
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

  it('is not needed to wait until all is done', async () => {
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

it('tells an observer of depth, waits, work and retries', async () => {
  const seen: string[] = [];
  queue = newQueue({
    observer: {
      onDepth: (depth) => seen.push(`depth ${String(depth)}`),
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

  expect(seen).toEqual(['depth 1', 'depth 0', 'waited 2', 'retry', 'worked 3']);
});
