import { describe, expect, it } from '@jest/globals';
import { createRateLimiter } from '../../src/prime/rate-limiter.ts';
import { fixedWindow, seeded, slidingWindow, startClients, tokenBucket } from './limited-server.ts';
import type { Gate } from './limited-server.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Server {
  readonly name: string;
  readonly gate: (clock: VirtualClock, perSecond: number) => Gate;
  /** The least used share of the limit, in the first minute, which finds it, and in the next. */
  readonly used: readonly [finding: number, found: number];
  /** The most refusals in the first 15 seconds. */
  readonly refusedAtFirst: number;
  /** The largest refused share of all requests after the first minute. */
  readonly refusedShare: number;
}

const SERVERS: readonly Server[] = [
  {
    name: 'that saves up what is not used of a second',
    gate: (clock, perSecond) => tokenBucket(clock, () => perSecond, perSecond),
    used: [0.95, 0.98],
    refusedAtFirst: 5,
    refusedShare: 0.02,
  },
  {
    name: 'that saves up what is not used of five seconds',
    gate: (clock, perSecond) => tokenBucket(clock, () => perSecond, perSecond * 5),
    used: [0.99, 0.98],
    refusedAtFirst: 7,
    refusedShare: 0.02,
  },
  {
    name: 'that counts anew each second',
    gate: (clock, perSecond) => fixedWindow(clock, perSecond, 1000),
    used: [0.8, 0.9],
    refusedAtFirst: 8,
    refusedShare: 0.02,
  },
  {
    name: 'that counts anew each ten seconds',
    gate: (clock, perSecond) => fixedWindow(clock, perSecond * 10, 10_000),
    used: [0.75, 0.8],
    refusedAtFirst: 15,
    refusedShare: 0.04,
  },
  {
    name: 'that counts anew each minute',
    gate: (clock, perSecond) => fixedWindow(clock, perSecond * 60, 60_000),
    // It accepts a minute's requests in the first seconds, and none for the rest of that minute.
    used: [0.99, 0.95],
    refusedAtFirst: 18,
    refusedShare: 0.04,
  },
  {
    name: 'that counts the last second at any moment',
    gate: (clock, perSecond) => slidingWindow(clock, perSecond, 1000),
    used: [0.69, 0.74],
    refusedAtFirst: 6,
    refusedShare: 0.02,
  },
  {
    name: 'that counts the last ten seconds at any moment',
    gate: (clock, perSecond) => slidingWindow(clock, perSecond * 10, 10_000),
    used: [0.75, 0.7],
    refusedAtFirst: 15,
    refusedShare: 0.02,
  },
  {
    name: 'that saves up nothing, so that requests must not bunch on their way',
    gate: (clock, perSecond) => tokenBucket(clock, () => perSecond, 1),
    used: [0.5, 0.64],
    refusedAtFirst: 8,
    refusedShare: 0.04,
  },
];

const ROWS = SERVERS.flatMap((server) =>
  [5, 10].flatMap((perSecond) =>
    [undefined, 1000].map((retryAfterMs) => ({ ...server, perSecond, retryAfterMs })),
  ),
);

describe('a provider with an unknown limit', () => {
  it.each(ROWS)(
    'gets nearly all of its $perSecond requests a second, and refuses few (Retry-After $retryAfterMs): $name',
    async ({ gate, perSecond, retryAfterMs, used, ...most }) => {
      const clock = createVirtualClock();
      const random = seeded(7932);
      const limiter = createRateLimiter({ clock, random });
      const allows = gate(clock, perSecond);
      const { measured, stop } = startClients({ clock, limiter, allows, random, retryAfterMs });

      await clock.advance(15_000);
      expect(measured.refused).toBeLessThanOrEqual(most.refusedAtFirst);
      await clock.advance(45_000);
      const { accepted, refused } = measured;
      expect(accepted).toBeGreaterThanOrEqual(used[0] * 60 * perSecond);
      await clock.advance(60_000);
      stop();

      const all = measured.accepted - accepted + measured.refused - refused;
      expect(measured.accepted - accepted).toBeGreaterThanOrEqual(used[1] * 60 * perSecond);
      expect((measured.refused - refused) / all).toBeLessThan(most.refusedShare);
    },
  );
});
