import { describe, expect, it, jest } from '@jest/globals';
import { Installations, servedNamespace } from './installations.ts';

jest.setTimeout(5 * 60_000);

/** GpuPods of all installations together. */
const COUNT = 30;

interface Limited {
  readonly perSecond: number;
  readonly installations: number;
}

interface Seen {
  /** Until the last GpuPod of each installation was Ready, and gone, in seconds. */
  readonly readySeconds: readonly number[];
  readonly goneSeconds: readonly number[];
  /** Requests until all were gone, and how many of them were answered 429. */
  readonly sent: number;
  readonly refused: number;
  /** The longest time from a deletion until the DELETE of its instance was accepted, in seconds. */
  readonly deleteSeconds: number;
  readonly violations: readonly string[];
}

function namesOf(index: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${servedNamespace(index)}/train-${at}`);
}

/** All GpuPods are applied at once, and deleted at once when the last one is Ready. */
async function live({ perSecond, installations: number }: Limited): Promise<Seen> {
  const installations = new Installations({
    count: number,
    keys: 'shared',
    isTraced: false,
    provider: {
      ...{ requestsPerSecond: perSecond, requestBurst: perSecond, retryAfterSeconds: null },
      ...{ provisioningMs: 2_000, installingMs: 0, deletingMs: 500 },
    },
    settings: { isRateLimited: true },
  });
  const { first, all } = installations;
  await installations.start();
  await first.pass(10_000);
  const groups = all.map((_, index) => namesOf(index, COUNT / number));
  const secondsUntil = async (what: string, isSo: (name: string) => boolean): Promise<readonly number[]> => {
    const beganAtMs = first.time.nowMs;
    const doneAt = groups.map(() => NaN);
    await first.until(what, () => {
      for (const [index, names] of groups.entries()) {
        const isNew = Number.isNaN(doneAt[index]) && names.every(isSo);
        if (isNew) doneAt[index] = (first.time.nowMs - beganAtMs) / 1_000;
      }
      return doneAt.every((seconds) => !Number.isNaN(seconds));
    });
    return doneAt.map((seconds) => Math.round(seconds));
  };
  const before = first.api.requests.count();
  for (const name of groups.flat()) first.apply(name);
  const readySeconds = await secondsUntil('all are Ready', (name) => first.isReady(name));
  await first.pass(60_000);
  const deletedAtMs = first.api.world.clock.nowMs();
  for (const name of groups.flat()) first.delete(name);
  const goneSeconds = await secondsUntil('all are gone', (name) => first.object(name) === undefined);
  const requests = first.api.requests.all().slice(before);
  const accepted = requests.filter(({ method, status }) => method === 'DELETE' && status !== 429);
  installations.judge();
  return {
    readySeconds,
    goneSeconds,
    sent: requests.length,
    refused: requests.filter(({ status }) => status === 429).length,
    deleteSeconds: Math.round(Math.max(...accepted.map(({ atMs }) => atMs - deletedAtMs)) / 1_000),
    violations: first.journal.violations,
  };
}

/** The most that may be seen. The limiters find their shares by being refused, so more of them are refused more. */
interface Bounds {
  readonly readySeconds: number;
  readonly deleteSeconds: number;
  readonly refusedShare: number;
}

/**
 * With 5 requests a second, 30 DELETEs alone take 5 s. Several installations repeat each other's lists and polls, and
 * nothing tells them how many they are.
 */
const CASES: readonly (Limited & Bounds)[] = [
  { perSecond: 5, installations: 1, readySeconds: 12, deleteSeconds: 6, refusedShare: 0.08 },
  { perSecond: 5, installations: 2, readySeconds: 22, deleteSeconds: 12, refusedShare: 0.18 },
  { perSecond: 5, installations: 3, readySeconds: 22, deleteSeconds: 12, refusedShare: 0.2 },
  { perSecond: 10, installations: 1, readySeconds: 8, deleteSeconds: 4, refusedShare: 0.04 },
  { perSecond: 10, installations: 2, readySeconds: 10, deleteSeconds: 4, refusedShare: 0.06 },
  { perSecond: 10, installations: 3, readySeconds: 10, deleteSeconds: 4, refusedShare: 0.14 },
];

describe(`${COUNT} GpuPods at a provider that limits one key`, () => {
  it.each(CASES)(
    'are Ready after $readySeconds s at most if $installations installations share $perSecond requests a second, and none of them starves',
    async ({ readySeconds, deleteSeconds, refusedShare, ...limited }) => {
      const seen = await live(limited);
      expect(seen.violations).toEqual([]);
      expect(Math.max(...seen.readySeconds)).toBeLessThanOrEqual(readySeconds);
      expect(Math.max(...seen.goneSeconds)).toBeLessThanOrEqual(readySeconds);
      expect(seen.deleteSeconds).toBeLessThanOrEqual(deleteSeconds);
      expect(seen.refused / seen.sent).toBeLessThanOrEqual(refusedShare);
    },
  );
});
