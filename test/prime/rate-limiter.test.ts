import { describe, expect, it } from '@jest/globals';
import { createAdaptiveRate } from '../../src/prime/adaptive-rate.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { Priority, RateLimiter, RateLimiterOptions } from '../../src/prime/rate-limiter.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

const READ = { priority: 'read', endpoint: '/availability/gpus' } as const;

function setUp(options: Partial<RateLimiterOptions> = {}): { clock: VirtualClock; limiter: RateLimiter } {
  const clock = createVirtualClock();
  return { clock, limiter: createRateLimiter({ clock, random: () => 0.5, ...options }) };
}

/** A limiter whose burst is used up, and a log of who came through from then on. */
async function setUpBusy(perSecond: number) {
  const { clock, limiter } = setUp({ initialRequestsPerSecond: perSecond, maxRequestsPerSecond: perSecond });
  await limiter.acquire({ priority: 'read' });
  await limiter.acquire({ priority: 'read' });
  const through: string[] = [];
  const wait = (priority: Priority, name: string = priority): void => {
    void limiter.acquire({ priority }).then(() => through.push(name));
  };
  return { clock, limiter, through, wait };
}

describe('createRateLimiter', () => {
  it('lets a few through at once, and then one each interval', async () => {
    const { clock, through, wait } = await setUpBusy(10);

    wait('read', 'a');
    wait('read', 'b');
    await clock.advance(99);
    expect(through).toEqual([]);
    await clock.advance(1);
    expect(through).toEqual(['a']);
    await clock.advance(100);
    expect(through).toEqual(['a', 'b']);
  });

  it('DELETE goes before POST, POST before reads, first come first within each', async () => {
    const { clock, through, wait } = await setUpBusy(10);
    for (let index = 0; index < 5; index += 1) wait('delete', `credit ${index}`);
    await clock.advance(0);
    through.length = 0;

    for (const name of ['1', '2']) {
      wait('read', `read ${name}`);
      wait('create', `create ${name}`);
      wait('delete', `delete ${name}`);
    }
    await clock.advance(1100);

    expect(through.slice(0, 5)).toEqual(['delete 1', 'delete 2', 'create 1', 'create 2', 'read 1']);
  });

  it('a DELETE that comes while others wait goes at once, ahead of the rate, and the others pay it back', async () => {
    const { clock, through, wait } = await setUpBusy(10);

    wait('create');
    await clock.advance(50);
    wait('delete');
    await clock.advance(0);
    expect(through).toEqual(['delete']);
    await clock.advance(149);
    expect(through).toEqual(['delete']);
    await clock.advance(1);

    expect(through).toEqual(['delete', 'create']);
  });

  it('DELETEs ahead of the rate are few: the provider would refuse the rest', async () => {
    const { clock, through, wait } = await setUpBusy(10);

    for (let index = 0; index < 20; index += 1) wait('delete');
    await clock.advance(0);
    expect(through).toHaveLength(5);
    await clock.advance(1000);

    expect(through).toHaveLength(15);
  });

  it('reads go on below any number of creates', async () => {
    const { clock, through, wait } = await setUpBusy(10);

    for (let index = 0; index < 100; index += 1) {
      wait('create');
    }
    wait('read');
    wait('read');
    await clock.advance(2000);

    expect(through.filter((name) => name === 'read')).toHaveLength(2);
    expect(through).toHaveLength(20);
  });

  it('never exceeds its maximum', async () => {
    const { clock, limiter } = setUp({ maxRequestsPerSecond: 5 });
    let through = 0;
    for (let index = 0; index < 1000; index += 1) {
      void limiter.acquire({ priority: 'read' }).then(() => (through += 1));
    }

    await clock.advance(60_000);

    expect(through).toBeGreaterThanOrEqual(5 * 60);
    expect(through).toBeLessThanOrEqual(5 * 60 + 3);
  });

  it('pauses for a doubling time where it does not ask, and for a short one after a good while', async () => {
    const { clock, limiter } = setUp();
    const pauses: number[] = [];
    const measure = async (): Promise<void> => {
      await clock.advance(1);
      const startedAtMs = clock.monotonicMs();
      limiter.reportLimited(READ, startedAtMs);
      const turn = limiter
        .acquire({ priority: 'read' })
        .then(() => pauses.push(clock.monotonicMs() - startedAtMs));
      await clock.advance(60_000);
      await turn;
    };

    for (let index = 0; index < 2; index += 1) {
      limiter.reportLimited(READ, clock.monotonicMs());
      await clock.advance(1);
    }
    await measure();
    await measure();

    expect(pauses).toEqual([1000, 250]);
  });

  it('the answers to requests that were under way at a cut do not cut again', async () => {
    const { clock, limiter } = setUp({ initialRequestsPerSecond: 100 });
    await clock.advance(1000);
    const startedAtMs = clock.monotonicMs();
    await clock.advance(100);

    limiter.reportLimited(READ, startedAtMs);
    const after = limiter.state().requestsPerSecond;
    for (let index = 0; index < 20; index += 1) {
      limiter.reportLimited(READ, startedAtMs + index);
    }

    expect(after).toBe(50);
    expect(limiter.state().requestsPerSecond).toBe(after);
  });

  it('time in which nobody wanted more does not raise the rate', async () => {
    const { clock, limiter } = setUp({ initialRequestsPerSecond: 20 });
    limiter.reportLimited(READ, 0, 0);
    const after = limiter.state().requestsPerSecond;

    await clock.advance(3_600_000);

    expect(limiter.state().requestsPerSecond).toBe(after);
  });
});

describe('createAdaptiveRate', () => {
  it('doubles until it meets a limit, then halves, then returns in 40 s and looks further', () => {
    const rate = createAdaptiveRate({ initialPerSecond: 10, maxPerSecond: 1000 });
    rate.grow(2000);
    expect(rate.perSecond()).toBe(40);

    rate.cut(0);
    expect(rate.perSecond()).toBe(20);
    rate.grow(40_000);
    expect(rate.perSecond()).toBe(40);
    rate.grow(40_000);
    expect(rate.perSecond()).toBe(60);
  });

  it('cuts little where a rate had held, and more while it is not enough', () => {
    const rate = createAdaptiveRate({ initialPerSecond: 100, maxPerSecond: 100 });
    const cuts: number[] = [];
    let nowMs = 0;
    const cutAfter = (usedMs: number): void => {
      rate.grow(usedMs);
      nowMs += usedMs;
      const before = rate.perSecond();
      rate.cut(nowMs);
      cuts.push(Number((1 - rate.perSecond() / before).toFixed(3)));
    };

    for (const usedMs of [0, 40_000, 40_000, 40_000, 1000, 1000, 40_000]) {
      cutAfter(usedMs);
    }

    expect(cuts).toEqual([0.5, 0.125, 0.031, 0.03, 0.06, 0.12, 0.03]);
  });

  it('never stops, and never passes its maximum', () => {
    const rate = createAdaptiveRate({ initialPerSecond: 10, maxPerSecond: 50 });
    for (let index = 0; index < 100; index += 1) {
      rate.cut(index);
    }
    expect(rate.perSecond()).toBe(0.2);

    rate.grow(1e9);
    expect(rate.perSecond()).toBe(50);
  });
});

/** A provider that lets `perSecond` requests through, with a burst, and answers 429 to the others. */
function tokenBucket(clock: VirtualClock, perSecond: () => number, burst: number): () => boolean {
  let tokens = burst;
  let atMs = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * perSecond()) / 1000);
    atMs = nowMs;
    const isAllowed = tokens >= 1;
    tokens -= isAllowed ? 1 : 0;
    return isAllowed;
  };
}

interface Measured {
  accepted: number;
  refused: number;
}

/** Sixty clients that always want more, and a provider 10 to 40 ms away. */
async function runAgainst(
  perSecond: () => number,
  burst: number,
  during: (clock: VirtualClock, measured: Measured) => Promise<void>,
  retryAfterMs?: number,
): Promise<void> {
  let seed = 12_345;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const { clock, limiter } = setUp({ random });
  const allows = tokenBucket(clock, perSecond, burst);
  const measured = { accepted: 0, refused: 0 };
  const running = new AbortController();
  const client = async (): Promise<void> => {
    while (!running.signal.aborted) {
      await limiter.acquire({ priority: 'read' });
      const startedAtMs = clock.monotonicMs();
      await clock.sleep(10 + random() * 30);
      const isAllowed = allows();
      await clock.sleep(20);
      measured[isAllowed ? 'accepted' : 'refused'] += 1;
      if (!isAllowed) {
        limiter.reportLimited(READ, startedAtMs, retryAfterMs);
      }
    }
  };
  for (let index = 0; index < 60; index += 1) {
    void client();
  }
  await during(clock, measured);
  running.abort();
}

describe('against a provider that limits to 10 requests a second', () => {
  it.each([
    { name: 'without Retry-After', burst: 10, retryAfterMs: undefined },
    { name: 'with Retry-After', burst: 10, retryAfterMs: 1000 },
    { name: 'with a larger burst', burst: 20, retryAfterMs: undefined },
  ])('$name: uses nearly all of it, and hardly anything is refused', async ({ burst, retryAfterMs }) => {
    await runAgainst(
      () => 10,
      burst,
      async (clock, measured) => {
        await clock.advance(220_000);

        expect(measured.accepted / 2200).toBeGreaterThan(0.98);
        expect(measured.refused / (measured.refused + measured.accepted)).toBeLessThan(0.01);
      },
      retryAfterMs,
    );
  });

  it('finds a limit that goes down and up again', async () => {
    let limit = 10;
    await runAgainst(
      () => limit,
      10,
      async (clock, measured) => {
        await clock.advance(60_000);
        limit = 4;
        await clock.advance(30_000);
        const beforeLow = measured.accepted;
        await clock.advance(100_000);
        expect((measured.accepted - beforeLow) / 400).toBeGreaterThan(0.9);
        limit = 10;
        await clock.advance(240_000);
        const beforeHigh = measured.accepted;
        await clock.advance(60_000);
        expect((measured.accepted - beforeHigh) / 600).toBeGreaterThan(0.9);
      },
    );
  });
});
