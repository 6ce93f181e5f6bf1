import { inParallel } from '../../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../../src/clock.ts';
import type { MemoryBench } from '../../support/memory-bench.ts';
import { plantReady } from '../../support/planted-ready.ts';
import { createAccount, keysOf } from '../accounts.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage } from '../stage.ts';

/** The lists after the start are over, and what they found is written. */
const SETTLE_MS = 60_000;
const REST_MINUTES = 3;

/**
 * The operator starts with all GpuPods Ready, and nothing happens. Each account has rented one GpuPod, and the others are
 * planted as copies of it, so that many thousand need not be rented first.
 */
export async function measureAccountsAtRest(
  { bench, audit, server }: MemoryBench,
  count: number,
  accounts: number,
): Promise<readonly Measurement[]> {
  const teams = Array.from({ length: accounts }, (_, index) => `team-${String(index)}`);
  const copies = namesOf(Math.ceil(count / accounts) - 1);
  const stage = await Stage.open(bench, audit, {
    settings: { accounts: keysOf(teams) },
    flags: { 'gpu-accounts': 'true', 'leader-elect': 'false' },
  });
  // A real API server sends one a minute, and a silent watch is replaced.
  const bookmarks = setInterval(() => {
    server.watches.bookmark();
  }, 30_000);
  try {
    await inParallel(8, teams, async (team) => {
      await createAccount(stage, team);
    });
    await stage.createAll(teams.map(seedOf), (index) => ({ accountRef: { name: teams[index] ?? '' } }));
    await stage.untilCounted('Ready', accounts);
    await stage.killOperator();
    for (const team of teams) {
      const names = copies.map((name) => `${name}-of-${team}`);
      plantReady(stage.scene, server, seedOf(team), names);
    }
    stage.startStandby();
    await stage.untilScraped(({ reconciles }) => reconciles > 0, 1_000);
    await stage.untilCounted('Ready', accounts * (copies.length + 1));
    await systemClock.sleep(SETTLE_MS);
    return [measured('accounts', accounts, 'in all'), ...(await measureRest(stage, accounts))];
  } finally {
    clearInterval(bookmarks);
    await stage.close();
  }
}

/** Part of no other text in the GpuPod, as planting requires. */
function seedOf(team: string): string {
  return `seed-${team}-seed`;
}

async function measureRest(stage: Stage, accounts: number): Promise<readonly Measurement[]> {
  const { requests } = stage.scene.simulator;
  const before = await stage.scrape();
  const writes = (await stage.writes()).length;
  const afterNumber = requests.lastNumber;
  await systemClock.sleep(REST_MINUTES * 60_000);
  const after = await stage.scrape();
  const polls = requests.count({ afterNumber, path: '/pods/status' });
  const others = requests.count({ afterNumber }) - polls;
  const kubernetes = after.kubernetesRequests - before.kubernetesRequests;
  return [
    measured('status polls', polls / accounts / REST_MINUTES, 'per account and minute'),
    measured('other provider requests', others / accounts / REST_MINUTES, 'per account and minute'),
    measured('Kubernetes requests', kubernetes / REST_MINUTES, 'per minute'),
    measured('Kubernetes writes', (await stage.writes()).length - writes, 'in all'),
    measured('operator CPU', (after.cpuSeconds - before.cpuSeconds) / (60 * REST_MINUTES), 'share'),
    measured('event loop lag p99', after.eventLoopLagP99Seconds * 1_000, 'ms'),
    measured('memory', after.residentBytes / 2 ** 20, 'MiB'),
    measured('heap in use', after.heapUsedBytes / 2 ** 20, 'MiB'),
  ];
}
