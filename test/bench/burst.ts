import path from 'node:path';
import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../src/clock.ts';
import type { Audit } from '../support/audit.ts';
import type { Bench } from '../support/bench.ts';
import { startOperatorProcess, type OperatorProcess } from '../support/operator-process.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { measureFloor } from './floor.ts';
import { scrape, type Scrape } from './scrape.ts';

/** What a number of GpuPods cost. Counts are exact; times are worth something only beside the floor. */
export interface Burst {
  readonly count: number;
  readonly floorMs: number;
  readonly readyMs: number;
  readonly goneMs: number;
  /** Writes of the operator to the API server, by kind, from apply to gone. */
  readonly writes: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly writesAtRest: number;
  readonly requestsAtRest: number;
  readonly atReady: Scrape;
}

const PARALLEL = 32;
const REST_MS = 70_000;
const TOO_LONG_MS = 10 * 60_000;
const METRICS_PORT = 18_081;
/** Real windows; a machine takes two seconds to get ready. */
const LIFE = { provisioningMs: 1_500, installingMs: 500, deletingMs: 500 };
const REAL_WINDOWS = ['busy-poll=1s', 'quiet-poll=60s', 'sweep=5m', 'quiet-failure=60s'];

export async function measureBurst(bench: Bench, audit: Audit, count: number): Promise<Burst> {
  const names = Array.from({ length: count }, (_, index) => `pod-${String(index)}`);
  const floorMs = await measureFloor(bench, names);
  const scene = await openScene(bench, { simulator: { settings: LIFE } });
  const operator = startOperator(scene, bench);
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
  const readyMs = await timed(async () => {
    await inParallel(PARALLEL, names, async (name) => {
      await scene.create(name, spec);
    });
    await untilCounted('Ready', names.length);
  });
  const atReady = await scrape(METRICS_PORT);
  const before = { writes: await audit.writes(scene.namespace), requests: scene.simulator.requests.count() };
  await systemClock.sleep(REST_MS);
  const writesAtRest = countWrites((await audit.writes(scene.namespace)).slice(before.writes.length));
  const requestsAtRest = scene.simulator.requests.count() - before.requests;
  const goneMs = await timed(async () => {
    await inParallel(PARALLEL, names, async (name) => {
      await scene.delete(name);
    });
    await untilCounted('any', 0);
  });
  return {
    readyMs,
    goneMs,
    writes: countWrites(await audit.writes(scene.namespace)),
    requests: scene.simulator.requests.counts(),
    writesAtRest: Object.values(writesAtRest).reduce((sum, number) => sum + number, 0),
    requestsAtRest,
    atReady,
  };
}

function startOperator(scene: Scene, { directory }: Bench): OperatorProcess {
  const windows = REAL_WINDOWS.map((window) => window.split('='));
  const flags = Object.fromEntries(windows.map(([name = '', value = '']) => [`window-${name}`, value]));
  return startOperatorProcess({
    args: scene.operatorArgs({ ...flags, 'http-address': `127.0.0.1:${String(METRICS_PORT)}` }),
    env: { PRIME_API_KEY: scene.simulator.apiKey },
    logFile: path.join(directory, 'operator.log'),
  });
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  await run();
  return systemClock.monotonicMs() - startedMs;
}

async function untilCounted(phase: string, count: number): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + TOO_LONG_MS;
  while (systemClock.monotonicMs() < deadlineMs) {
    const { phases } = await scrape(METRICS_PORT);
    const all = Object.values(phases).reduce((sum, number) => sum + number, 0);
    if ((phase === 'any' ? all : (phases[phase] ?? 0)) === count) return;
    await systemClock.sleep(200);
  }
  throw new Error(
    `after ${String(TOO_LONG_MS / 60_000)} minutes there are still not ${String(count)} GpuPods ${phase}`,
  );
}

/** Leases and the operator's own records are not counted. */
function countWrites(writes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const write of writes) {
    if (!/ (configmaps|leases)/.test(write)) counts[write] = (counts[write] ?? 0) + 1;
  }
  return counts;
}
