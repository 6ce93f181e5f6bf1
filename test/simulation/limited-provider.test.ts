import { describe, expect, it } from '@jest/globals';
import { judgeEnd } from './oracles.ts';
import { Simulation } from './simulation.ts';

const COUNT = 30;
const NAMES = Array.from({ length: COUNT }, (_, index) => `train-${String(index)}`);

interface Measured {
  readonly seconds: number;
  readonly accepted: number;
  readonly refused: number;
  /** Accepted requests a second while create requests waited for their turn. */
  readonly perSecondWhileCreating: number;
}

/** The answers of the provider until a condition holds. */
async function measure(simulation: Simulation, what: string, isSo: () => boolean): Promise<Measured> {
  const { time, api } = simulation;
  const beganAtMs = time.nowMs;
  const before = api.requests.count();
  await simulation.until(what, isSo);
  const answered = api.requests.all().slice(before);
  const accepted = answered.filter(({ status }) => status !== 429);
  const lastCreate = accepted.findLastIndex(({ method }) => method === 'POST');
  const creatingMs = (accepted[lastCreate]?.atMs ?? 0) - (answered[0]?.atMs ?? 0);
  return {
    seconds: (time.nowMs - beganAtMs) / 1000,
    accepted: accepted.length,
    refused: answered.length - accepted.length,
    perSecondWhileCreating: ((lastCreate + 1) * 1000) / creatingMs,
  };
}

/** The provider's own time for a termination. */
const OWN_SECONDS = 0.5;
/** The time from the last request that people wait for until the inventory that proves all terminations. */
const PROOF_SECONDS = 4.5;

describe(`${String(COUNT)} GpuPods at a provider with a limit`, () => {
  it.each([
    { perSecond: 5, retryAfterSeconds: null, used: 0.95 },
    // Of seven seconds, one is what the provider asks to wait.
    { perSecond: 5, retryAfterSeconds: 1, used: 0.92 },
    { perSecond: 10, retryAfterSeconds: null, used: 0.95 },
  ])(
    'are created and terminated as fast as $perSecond requests a second allow, with few refusals (Retry-After $retryAfterSeconds)',
    async ({ perSecond, retryAfterSeconds, used }) => {
      const limit = { requestsPerSecond: perSecond, requestBurst: perSecond, retryAfterSeconds };
      const simulation = new Simulation({
        isTraced: false,
        provider: { ...limit, provisioningMs: 2_000, installingMs: 0, deletingMs: 500 },
        settings: { isRateLimited: true },
      });
      simulation.startOperator();
      await simulation.pass(1_000);

      for (const name of NAMES) simulation.apply(name);
      const ready = await measure(simulation, 'all are ready', () =>
        NAMES.every((name) => simulation.isReady(name)),
      );
      for (const name of NAMES) simulation.delete(name);
      const gone = await measure(simulation, 'all are deleted', () => simulation.objects().length === 0);

      expect(ready.perSecondWhileCreating / perSecond).toBeGreaterThan(used);
      expect(gone.seconds).toBeLessThan(gone.accepted / perSecond + OWN_SECONDS + PROOF_SECONDS);
      expect(ready.refused).toBeLessThanOrEqual(2);
      expect(gone.refused).toBeLessThanOrEqual(3);
      judgeEnd(simulation);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
