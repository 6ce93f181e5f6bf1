import { describe, expect, it } from '@jest/globals';
import type { BookedTurn } from '../../src/lifecycle/provider.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { RateLimiter } from '../../src/prime/rate-limiter.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Bench {
  readonly clock: VirtualClock;
  readonly limiter: RateLimiter;
  /** The bookings so far, in the sequence of their arrival. */
  readonly booked: BookedTurn[];
  readonly book: (count: number) => Promise<void>;
  /** When each request left, in milliseconds since it was taken first; `late` if it was not sent. */
  readonly left: (number | 'late')[];
  readonly take: (turn: BookedTurn | undefined, withinMs?: number) => void;
}

/** A limiter with a fixed rate and no token, after idle time. */
async function setUp(perSecond = 10): Promise<Bench> {
  const clock = createVirtualClock();
  const rate = { initialRequestsPerSecond: perSecond, maxRequestsPerSecond: perSecond };
  const limiter = createRateLimiter({ clock, random: () => 0.5, ...rate });
  await limiter.acquire({ priority: 'read' });
  await limiter.acquire({ priority: 'read' });
  const booked: BookedTurn[] = [];
  const left: (number | 'late')[] = [];
  const book = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      void limiter.bookCreate().then((turn) => booked.push(turn));
    }
    await clock.advance(0);
  };
  const take = (turn: BookedTurn | undefined, withinMs = 10_000): void => {
    void turn
      ?.take(clock.monotonicMs() + withinMs)
      .then((isInTime) => left.push(isInTime ? clock.monotonicMs() : 'late'));
  };
  return { clock, limiter, booked, book, left, take };
}

function takeAll({ booked, take }: Bench): void {
  for (const turn of booked) take(turn);
}

describe('a booked turn', () => {
  it('spaces the requests as they leave, however long they were prepared', async () => {
    const bench = await setUp();
    await bench.book(4);
    await bench.clock.advance(50);
    takeAll(bench);
    await bench.clock.advance(1_000);

    expect(bench.left).toEqual([100, 200, 300, 400]);
  });

  it('is booked a second ahead, so no more wait for their turn than leave in a second', async () => {
    const { clock, booked, book } = await setUp();
    await book(30);
    expect(booked).toHaveLength(10);
    await clock.advance(200);

    expect(booked).toHaveLength(12);
  });

  it('spends no token before its request leaves', async () => {
    const { clock, limiter, book } = await setUp();
    await book(5);
    await clock.advance(100);
    let isAdmitted = false;
    void limiter.acquire({ priority: 'read' }).then(() => (isAdmitted = true));
    await clock.advance(0);

    expect(isAdmitted).toBe(true);
  });

  it('goes before reads once its request is ready', async () => {
    const bench = await setUp();
    await bench.book(1);
    const through: string[] = [];
    void bench.limiter.acquire({ priority: 'read' }).then(() => through.push('read'));
    void bench.booked[0]?.take(10_000).then(() => through.push('create'));
    await bench.clock.advance(200);

    expect(through).toEqual(['create', 'read']);
  });

  it('holds up others for a second, however long its preparation takes', async () => {
    const { clock, booked, book } = await setUp();
    await book(30);
    await clock.advance(1_000);

    // Ten were booked at first, and ten more while tokens for a burst came back.
    expect(booked.length).toBeGreaterThanOrEqual(20);
  });

  it('that is given up leaves its place to the next', async () => {
    const { clock, booked, book } = await setUp(1);
    await book(2);
    expect(booked).toHaveLength(1);
    booked[0]?.giveUp();
    await clock.advance(0);

    expect(booked).toHaveLength(2);
  });

  it('that is given up after it was taken changes nothing', async () => {
    const bench = await setUp(1);
    await bench.book(3);
    takeAll(bench);
    bench.booked[0]?.giveUp();
    await bench.clock.advance(0);
    expect(bench.booked).toHaveLength(1);
  });

  it('is not booked before the last second of a pause', async () => {
    const { clock, limiter, booked, book } = await setUp();
    limiter.reportLimited({ priority: 'create' }, 0, { retryAfterMs: 8_000 });
    await book(1);
    await clock.advance(6_999);
    expect(booked).toHaveLength(0);
    await clock.advance(1);

    expect(booked).toHaveLength(1);
  });

  it('is refused at once if a pause lasts longer than the request may wait', async () => {
    const bench = await setUp();
    await bench.book(2);
    bench.limiter.reportLimited({ priority: 'create' }, 0, { retryAfterMs: 20_000 });
    bench.take(bench.booked[0]);
    await bench.clock.advance(0);
    expect(bench.left).toEqual(['late']);
    bench.take(bench.booked[1], 25_000);
    await bench.clock.advance(25_000);

    expect(bench.left).toEqual(['late', 20_000]);
  });

  it('is refused when its time has passed, and leaves its token to others', async () => {
    const bench = await setUp(1);
    await bench.book(1);
    bench.take(bench.booked[0], 300);
    await bench.clock.advance(299);
    expect(bench.left).toEqual([]);
    await bench.clock.advance(2);
    expect(bench.left).toEqual(['late']);
    let admittedAtMs = 0;
    void bench.limiter.acquire({ priority: 'read' }).then(() => (admittedAtMs = bench.clock.monotonicMs()));
    await bench.clock.advance(1_000);

    expect(admittedAtMs).toBeLessThan(1_010);
  });

  it('delays no DELETE, however many there are', async () => {
    const bench = await setUp();
    await bench.book(100);
    takeAll(bench);
    let isAdmitted = false;
    void bench.limiter.acquire({ priority: 'delete' }).then(() => (isAdmitted = true));
    await bench.clock.advance(0);

    expect(isAdmitted).toBe(true);
  });

  it('counts as waiting until its request leaves, and reports the whole wait', async () => {
    const clock = createVirtualClock();
    const waits: number[] = [];
    const rate = { initialRequestsPerSecond: 1, maxRequestsPerSecond: 1 };
    const limiter = createRateLimiter({ clock, ...rate, onTurn: (_, waitedMs) => waits.push(waitedMs) });
    await limiter.acquire({ priority: 'read' });
    await limiter.acquire({ priority: 'read' });
    for (let index = 0; index < 3; index += 1) {
      void limiter.bookCreate().then(async (turn) => await turn.take(10_000));
    }
    await clock.advance(0);
    expect(limiter.state().waiting).toEqual({ delete: 0, create: 3, read: 0 });
    await clock.advance(3_000);

    expect(limiter.state().waiting.create).toBe(0);
    expect(waits).toEqual([0, 0, 1_000, 2_000, 3_000]);
  });
});
