import { describe, expect, it } from '@jest/globals';
import { judgeEnd } from './oracles.ts';
import { SimulatedWorld } from './simulated-world.ts';

const COUNT = 30;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

interface Measured {
  readonly seconds: number;
  readonly accepted: number;
  readonly refused: number;
}

/** Counts the provider's answers until the condition holds. */
async function measure(world: SimulatedWorld, what: string, isSo: () => boolean): Promise<Measured> {
  const { time, api } = world;
  const beganAtMs = time.nowMs;
  const before = api.requests.count();
  await world.until(what, isSo);
  const answered = api.requests.all().slice(before);
  const refused = answered.filter(({ status }) => status === 429).length;
  return { seconds: (time.nowMs - beganAtMs) / 1000, accepted: answered.length - refused, refused };
}

/** The provider's own time. */
const OWN_SECONDS = { ready: 2, gone: 0.5 };
/** The time from the last request that people wait for until the inventory that proves all terminations. */
const PROOF_SECONDS = 4.5;

describe(`${String(COUNT)} GpuPods at a provider with a limit`, () => {
  it.each([
    { perSecond: 5, retryAfterSeconds: null },
    { perSecond: 5, retryAfterSeconds: 1 },
    { perSecond: 10, retryAfterSeconds: null },
  ])(
    'are created and terminated as fast as $perSecond requests a second allow, with few refusals (Retry-After $retryAfterSeconds)',
    async ({ perSecond, retryAfterSeconds }) => {
      const limit = { requestsPerSecond: perSecond, requestBurst: perSecond, retryAfterSeconds };
      const world = new SimulatedWorld({
        isTraced: false,
        provider: { ...limit, provisioningMs: 2_000, installingMs: 0, deletingMs: 500 },
        settings: { isRateLimited: true },
      });
      world.startOperator();
      await world.pass(1_000);

      for (const name of NAMES) world.apply(name);
      const ready = await measure(world, 'all are ready', () => NAMES.every((name) => world.isReady(name)));
      for (const name of NAMES) world.delete(name);
      const gone = await measure(world, 'all are deleted', () => world.objects().length === 0);

      const limitedSeconds = ready.seconds - OWN_SECONDS.ready;
      expect(ready.accepted / (perSecond * limitedSeconds)).toBeGreaterThan(0.95);
      expect(gone.seconds).toBeLessThan(gone.accepted / perSecond + OWN_SECONDS.gone + PROOF_SECONDS);
      expect(ready.refused).toBeLessThanOrEqual(2);
      expect(gone.refused).toBeLessThanOrEqual(3);
      judgeEnd(world);
      expect(world.journal.violations).toEqual([]);
    },
  );
});
