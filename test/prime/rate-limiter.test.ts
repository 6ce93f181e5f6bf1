import { describe, expect, it } from '@jest/globals';
import { createAdaptiveRate } from '../../src/prime/adaptive-rate.ts';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { Priority, RateLimiter, RateLimiterOptions } from '../../src/prime/rate-limiter.ts';
import { seeded, startClients, tokenBucket } from './limited-server.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

const READ = { priority: 'read', endpoint: '/availability/gpus' } as const;

function setUp(options: Partial<RateLimiterOptions> = {}): { clock: VirtualClock; limiter: RateLimiter } {
  const clock = createVirtualClock();
  return { clock, limiter: createRateLimiter({ clock, random: () => 0.5, ...options }) };
}

/** A limiter without tokens, and a log of the requests that it admits. */
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
  it('admits a few requests at once, and then one in each interval', async () => {
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

  it('admits DELETE before POST, and POST before reads, in the sequence of their arrival', async () => {
    const { clock, through, wait } = await setUpBusy(10);
    wait('delete', 'ahead of the rate');
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

  it('admits a DELETE at once while others wait, and delays the others for it', async () => {
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

  it('admits only one DELETE beyond the rate, because the provider would refuse more', async () => {
    const { clock, through, wait } = await setUpBusy(10);

    for (let index = 0; index < 20; index += 1) wait('delete');
    await clock.advance(0);
    expect(through).toHaveLength(1);
    await clock.advance(1000);

    expect(through).toHaveLength(11);
  });

  it('admits five DELETEs a second, however low the rate is for reads, until DELETEs are refused', async () => {
    const { clock, limiter, through, wait } = await setUpBusy(0.2);

    for (let index = 0; index < 100; index += 1) wait('delete');
    await clock.advance(2000);
    expect(through).toHaveLength(11);
    limiter.reportLimited({ priority: 'delete' }, clock.monotonicMs());
    await clock.advance(20_000);

    expect(through.length).toBeLessThan(17);
  });

  it('admits reads beside any number of creates', async () => {
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

  it('doubles its pause while nothing succeeds, and pauses briefly after a success', async () => {
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
    limiter.reportPassed(clock.monotonicMs());
    await measure();

    expect(pauses).toEqual([1000, 250]);
  });

  it('does not reduce the rate again for answers to requests from before the last reduction', async () => {
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

  it('does not raise the rate while no request waits', async () => {
    const { clock, limiter } = setUp({ initialRequestsPerSecond: 20 });
    limiter.reportLimited(READ, 0, { retryAfterMs: 0 });
    const after = limiter.state().requestsPerSecond;

    await clock.advance(3_600_000);

    expect(limiter.state().requestsPerSecond).toBe(after);
  });
});

describe('createAdaptiveRate', () => {
  it('doubles up to the limit, halves, soon returns and probes further', () => {
    const rate = createAdaptiveRate({ initialPerSecond: 10, maxPerSecond: 1000 });
    rate.grow(2000);
    expect(rate.perSecond()).toBe(40);

    rate.cut(0);
    expect(rate.perSecond()).toBe(20);
    rate.grow(2400);
    expect(rate.perSecond()).toBe(40);
    rate.grow(2400);
    expect(rate.perSecond()).toBe(60);
  });

  it.each([
    {
      name: 'the first limit is what was measured to get through, roughly',
      growMs: [2000],
      measured: { perSecond: 10, error: 0.3 },
      after: 6.7,
    },
    {
      name: 'a limit that is met again soon is what was measured, if that is surer',
      growMs: [2000, 1000],
      measured: { perSecond: 10, error: 0.1 },
      after: 8.7,
    },
    {
      name: 'what was measured less surely than the limit is known counts for nothing',
      growMs: [2000, 2400, 1000],
      measured: { perSecond: 10, error: 0.4 },
      after: 27.3,
    },
    {
      name: 'after a time below the limit it is found anew where it is met far above what got through',
      growMs: [2000, 6000],
      measured: { perSecond: 10, error: 0.01 },
      after: 53.75,
    },
    {
      name: 'a limit over a longer time is what was measured over that time',
      growMs: [2000, 6000],
      measured: { perSecond: 10, error: 0.02, isWhole: true },
      after: 9.5,
    },
  ])('$name', ({ growMs, measured, after }) => {
    const rate = createAdaptiveRate({ initialPerSecond: 10, maxPerSecond: 1000 });
    let nowMs = 0;
    for (const ms of growMs) {
      rate.grow(ms);
      nowMs += ms;
      rate.cut(nowMs, nowMs === growMs.reduce((sum, each) => sum + each) ? measured : undefined);
    }
    expect(rate.perSecond()).toBeCloseTo(after, 1);
  });

  it('reduces a proven rate a little, and more while that is not enough', () => {
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

  it('never stops, and never exceeds its maximum', () => {
    const rate = createAdaptiveRate({ initialPerSecond: 10, maxPerSecond: 50 });
    for (let index = 0; index < 100; index += 1) {
      rate.cut(index);
    }
    expect(rate.perSecond()).toBe(0.2);

    rate.grow(1e9);
    expect(rate.perSecond()).toBe(50);
  });
});

describe('createAdaptiveRate for a provider whose limit changes', () => {
  it('follows a limit that decreases and increases again', async () => {
    let limit = 10;
    const random = seeded(12_345);
    const { clock, limiter } = setUp({ random });
    const allows = tokenBucket(clock, () => limit, 10);
    const { measured, stop } = startClients({ clock, limiter, allows, random });
    await clock.advance(60_000);
    limit = 4;
    await clock.advance(30_000);
    const beforeLow = measured.accepted;
    await clock.advance(100_000);
    expect((measured.accepted - beforeLow) / 400).toBeGreaterThan(0.95);
    limit = 10;
    await clock.advance(240_000);
    const beforeHigh = measured.accepted;
    await clock.advance(60_000);
    expect((measured.accepted - beforeHigh) / 600).toBeGreaterThan(0.95);
    stop();
  });
});
