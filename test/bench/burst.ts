import path from 'node:path';
import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../src/clock.ts';
import type { Audit } from '../support/audit.ts';
import type { Bench } from '../support/bench.ts';
import { shippedOperator } from '../faults/support/bundle.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { measureFloor } from './floor.ts';
import { scrape } from './scrape.ts';
import type { Scrape } from './scrape.ts';

/** What a number of GpuPods cost. Counts are exact. Times mean something only in comparison with the floor. */
export interface Burst {
  readonly count: number;
  readonly floorMs: number;
  readonly readyMs: number;
  readonly goneMs: number;
  /** Writes of the operator to the API server, by kind, from apply to the end of the deletion. */
  readonly writes: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly writesAtRest: number;
  readonly requestsAtRest: number;
  /** From the first deletion until the last GpuPod no longer exists. */
  readonly atDeletion: {
    readonly writes: Readonly<Record<string, number>>;
    readonly requests: Readonly<Record<string, number>>;
  };
  readonly atReady: Scrape;
  /** Each scrape resets the histogram. This is the worst of the scrapes until all were Ready. */
  readonly worstLagP99Seconds: number;
}

const PARALLEL = 32;
const REST_MS = 70_000;
const TOO_LONG_MS = 10 * 60_000;
const METRICS_PORT = 18_081;
/** The operator runs with production timings. An instance takes two seconds to become ready. */
const LIFE = { provisioningMs: 1_500, installingMs: 500, deletingMs: 500 };

export async function measureBurst(bench: Bench, audit: Audit, count: number): Promise<Burst> {
  const names = Array.from({ length: count }, (_, index) => `pod-${String(index)}`);
  const floorMs = await measureFloor(bench, names);
  const scene = await openScene(bench, { simulator: { settings: LIFE } });
  const operator = startOperator(scene, bench, await shippedOperator());
  try {
    await scene.untilTrue(
      'the operator works',
      () => scene.simulator.requests.count({ path: '/user/whoami' }) > 0,
    );
    return { count, floorMs, ...(await measure(scene, audit, names)) };
  } finally {
    await operator.stop();
    await scene.stop();
  }
}

async function measure(
  scene: Scene,
  audit: Audit,
  names: readonly string[],
): Promise<Omit<Burst, 'count' | 'floorMs'>> {
  const spec = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
  let worstLagP99Seconds = 0;
  const readyMs = await timed(async () => {
    await inParallel(PARALLEL, names, async (name) => {
      await scene.create(name, spec);
    });
    worstLagP99Seconds = await untilCounted('Ready', names.length);
  });
  const atReady = await scrape(METRICS_PORT);
  const before = { writes: await audit.writes(scene.namespace), requests: scene.simulator.requests.count() };
  await systemClock.sleep(REST_MS);
  const writesAtRest = countWrites((await audit.writes(scene.namespace)).slice(before.writes.length));
  const requestsAtRest = scene.simulator.requests.count() - before.requests;
  const ready = {
    writes: (await audit.writes(scene.namespace)).length,
    requests: scene.simulator.requests.counts(),
  };
  const goneMs = await timed(async () => {
    await inParallel(PARALLEL, names, async (name) => {
      await scene.delete(name);
    });
    await untilCounted('any', 0);
  });
  const writes = await audit.writes(scene.namespace);
  return {
    readyMs,
    goneMs,
    writes: countWrites(writes),
    atDeletion: {
      writes: countWrites(writes.slice(ready.writes)),
      requests: since(ready.requests, scene.simulator.requests.counts()),
    },
    requests: scene.simulator.requests.counts(),
    writesAtRest: withoutEvents(writesAtRest),
    requestsAtRest,
    atReady,
    worstLagP99Seconds,
  };
}

function startOperator(scene: Scene, { directory }: Bench, program: string): OperatorProcess {
  return startOperatorProcess({
    program,
    args: scene.unscaledArgs({ 'http-address': `127.0.0.1:${String(METRICS_PORT)}` }),
    env: { PRIME_API_KEY: scene.simulator.apiKey },
    logFile: path.join(directory, 'operator.log'),
  });
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  await run();
  return systemClock.monotonicMs() - startedMs;
}

/** Returns the worst p99 of the event loop's lag meanwhile, in seconds. */
async function untilCounted(phase: string, count: number): Promise<number> {
  const deadlineMs = systemClock.monotonicMs() + TOO_LONG_MS;
  let worstSeconds = 0;
  while (systemClock.monotonicMs() < deadlineMs) {
    const { phases, eventLoopLagP99Seconds } = await scrape(METRICS_PORT);
    worstSeconds = Math.max(worstSeconds, eventLoopLagP99Seconds);
    const all = Object.values(phases).reduce((sum, number) => sum + number, 0);
    if ((phase === 'any' ? all : (phases[phase] ?? 0)) === count) return worstSeconds;
    await systemClock.sleep(200);
  }
  throw new Error(
    `after ${String(TOO_LONG_MS / 60_000)} minutes there are still not ${String(count)} GpuPods ${phase}`,
  );
}

/** The number of writes. Events are counted separately, because they come later and are bounded. */
export function withoutEvents(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts).reduce(
    (sum, [name, number]) => sum + (name.includes(' events') ? 0 : number),
    0,
  );
}

function since(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): Record<string, number> {
  const added = Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(added.filter(([, count]) => count > 0));
}

/** Leases and the operator's own records are not counted. */
function countWrites(writes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const write of writes) {
    if (!/ (configmaps|leases)/.test(write)) counts[write] = (counts[write] ?? 0) + 1;
  }
  return counts;
}
