import { describe, expect, it } from '@jest/globals';
import type { PrimeProvider } from '../../src/prime/prime-provider.ts';
import type { RateLimiter } from '../../src/prime/rate-limiter.ts';
import { bookFreeTurn } from '../support/free-turn.ts';
import { withProvider } from './builders.ts';
import { withServer } from './loopback-server.ts';
import type { CannedAnswer } from './loopback-server.ts';

function detail(status: number): CannedAnswer {
  return { status, json: { detail: 'words' } };
}

/** A limiter that gives everybody a turn, and the reports that it got. */
function openLimiter(): { limiter: RateLimiter; told: string[] } {
  const told: string[] = [];
  const limiter: RateLimiter = {
    acquire: () => Promise.resolve(0),
    bookCreate: bookFreeTurn,
    reportLimited: ({ priority }) => {
      told.push(`${priority} limited`);
    },
    reportPassed: () => {
      told.push('passed');
    },
    state: () => ({ requestsPerSecond: 1, tokens: 1, waiting: { delete: 0, create: 0, read: 0 } }),
  };
  return { limiter, told };
}

describe.each([
  {
    name: 'getPod',
    priority: 'read',
    ask: (provider: PrimeProvider): Promise<unknown> => provider.getPod('p1'),
  },
  {
    name: 'deletePod',
    priority: 'delete',
    ask: (provider: PrimeProvider): Promise<unknown> => provider.deletePod('p1'),
  },
])('a $name request that is answered 429', ({ priority, ask }) => {
  it('waits for another turn, and the caller does not notice', async () => {
    const { limiter, told } = openLimiter();
    const statuses = [429, 429, 401];
    await withServer(
      () => detail(statuses.shift() ?? 401),
      async ({ url, seen }) => {
        expect(await withProvider(url, ask, { limiter })).toMatchObject({ httpStatus: 401 });
        expect(seen).toHaveLength(3);
      },
    );
    expect(told).toEqual([`${priority} limited`, `${priority} limited`, 'passed']);
  });

  it('is reported to the caller if the provider names a long wait', async () => {
    await withServer(
      () => ({ ...detail(429), headers: { 'retry-after': '12' } }),
      async ({ url, seen }) => {
        const { limiter } = openLimiter();
        const answer = await withProvider(url, ask, { limiter });
        expect(answer).toMatchObject({ reason: 'RateLimited', retryAfterMs: 12_000 });
        expect(seen).toHaveLength(1);
      },
    );
  });
});
