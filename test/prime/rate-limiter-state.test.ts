import { describe, expect, it } from '@jest/globals';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { RateLimiter, RateLimiterOptions } from '../../src/prime/rate-limiter.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Ten requests a second, and two at once. */
function setUp(onTurn?: RateLimiterOptions['onTurn']): { clock: VirtualClock; limiter: RateLimiter } {
  const clock = createVirtualClock();
  const rate = { initialRequestsPerSecond: 10, maxRequestsPerSecond: 10 };
  return {
    clock,
    limiter: createRateLimiter({ clock, ...rate, ...(onTurn === undefined ? {} : { onTurn }) }),
  };
}

describe('a rate limiter', () => {
  it('reports its tokens and the number of waiting requests', async () => {
    const { clock, limiter } = setUp();
    for (const priority of ['read', 'read', 'read', 'read', 'create'] as const) {
      void limiter.acquire({ priority });
    }
    expect(limiter.state()).toEqual({
      requestsPerSecond: 10,
      tokens: 0,
      waiting: { delete: 0, create: 1, read: 2 },
    });
    await clock.advance(100);
    expect(limiter.state().waiting).toEqual({ delete: 0, create: 0, read: 2 });
    await clock.advance(600);
    expect(limiter.state()).toMatchObject({ tokens: 2, waiting: { delete: 0, create: 0, read: 0 } });
  });

  it('saves tokens of half a second once it met the limit, and of a tenth before', async () => {
    const rate = { initialRequestsPerSecond: 40, maxRequestsPerSecond: 40 };
    const clock = createVirtualClock();
    const limiter = createRateLimiter({ clock, ...rate });
    await clock.advance(60_000);
    expect(limiter.state().tokens).toBe(4);
    limiter.reportLimited({ priority: 'read' }, clock.monotonicMs());
    await clock.advance(60_000);

    expect(limiter.state().tokens).toBe(limiter.state().requestsPerSecond / 2);
  });

  it('returns how long each request waited', async () => {
    const turns: unknown[] = [];
    const { clock, limiter } = setUp((priority, waitedMs) => turns.push([priority, waitedMs]));
    for (const priority of ['read', 'read', 'create'] as const) void limiter.acquire({ priority });
    await clock.advance(100);
    expect(turns).toEqual([
      ['read', 0],
      ['read', 0],
      ['create', 100],
    ]);
  });
});
