import { describe, expect, it } from '@jest/globals';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import type { Priority, RateLimiter, RateLimiterOptions } from '../../src/prime/rate-limiter.ts';
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

describe('the Retry-After of a 429', () => {
  it('delays a read for that time, if it is short', async () => {
    const { clock, limiter, through, wait } = await setUpBusy(10);
    const again = (): void => void limiter.acquire(READ).then(() => through.push('again'));

    limiter.reportLimited(READ, clock.monotonicMs(), { retryAfterMs: 4000 });
    again();
    again();
    await clock.advance(3999);
    expect(through).toEqual([]);
    await clock.advance(1);
    // Not both, because catching up at once would lead to the next pause.
    expect(through).toEqual(['again']);
    wait('delete');
    await clock.advance(0);
    expect(through).toEqual(['again', 'delete']);
  });

  it('delays only the reads of the same endpoint if it is long, and rejects them at once', async () => {
    const { clock, limiter, through, wait } = await setUpBusy(10);
    const sentAway: number[] = [];
    const again = (): void => void limiter.acquire(READ).then((forMs) => sentAway.push(forMs));

    again();
    limiter.reportLimited(READ, clock.monotonicMs(), { retryAfterMs: 600_000 });
    again();
    wait('delete');
    await clock.advance(0);
    expect(through).toEqual(['delete']);
    expect(sentAway).toEqual([600_000, 600_000]);
    wait('create');
    void limiter.acquire({ priority: 'read', endpoint: '/pods/' }).then(() => through.push('list'));
    // The short pause of the limiter itself, because the limit may be the account's.
    await clock.advance(1000);
    expect(through).toEqual(['delete', 'create', 'list']);

    await clock.advance(600_000);
    again();
    await clock.advance(0);
    expect(sentAway).toEqual([600_000, 600_000, 0]);
  });

  it.each(['delete', 'create'] as const)('delays a %s for half a minute if it is long', async (priority) => {
    const { clock, limiter, through, wait } = await setUpBusy(10);

    limiter.reportLimited({ priority }, clock.monotonicMs(), { retryAfterMs: 600_000 });
    wait(priority);
    await clock.advance(29_999);
    expect(through).toEqual([]);
    await clock.advance(1);

    expect(through).toEqual([priority]);
  });

  it('does not delay a DELETE if it is for creates and reads', async () => {
    const { clock, limiter, through, wait } = await setUpBusy(10);

    limiter.reportLimited({ priority: 'create' }, clock.monotonicMs(), { retryAfterMs: 600_000 });
    limiter.reportLimited(READ, clock.monotonicMs(), { retryAfterMs: 600_000 });
    wait('delete');
    await clock.advance(0);

    expect(through).toEqual(['delete']);
  });
});

describe('a request that is refused repeatedly while others succeed', () => {
  it('delays only its own endpoint, longer each time, and does not slow down others', async () => {
    const { clock, limiter } = setUp({ initialRequestsPerSecond: 20, maxRequestsPerSecond: 20 });
    await limiter.acquire(READ);
    limiter.reportLimited(READ, clock.monotonicMs());
    const afterFirst = limiter.state().requestsPerSecond;
    for (const resends of [1, 2, 3]) {
      await clock.advance(10_000);
      limiter.reportPassed(clock.monotonicMs());
      limiter.reportLimited(READ, clock.monotonicMs(), { resends });
    }
    expect(limiter.state().requestsPerSecond).toBeGreaterThanOrEqual(afterFirst);

    const through: string[] = [];
    void limiter.acquire(READ).then(() => through.push('the same endpoint'));
    void limiter.acquire({ priority: 'read', endpoint: '/pods/' }).then(() => through.push('another one'));
    await clock.advance(500);
    expect(through).toEqual(['another one']);
    await clock.advance(2_000);
    expect(through).toEqual(['another one', 'the same endpoint']);
  });

  it.each([0, 1, 5])(
    'waits a moment if it is a DELETE with Retry-After: 0 after %d resends',
    async (resends) => {
      const { clock, limiter } = setUp();
      const one = { priority: 'delete' } as const;
      await limiter.acquire(one);
      limiter.reportPassed(clock.monotonicMs());
      limiter.reportLimited(one, clock.monotonicMs(), { retryAfterMs: 0, resends });
      const through: string[] = [];
      void limiter.acquire(one).then(() => through.push('again'));
      await clock.advance(100);
      expect(through).toEqual([]);
      await clock.advance(2_000);
      expect(through).toEqual(['again']);
    },
  );
});
