import { inParallel } from '../../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../../src/clock.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { createAccount, keysOf } from '../accounts.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

/** The lists and events of the burst are over. */
const SETTLE_MS = 30_000;
/** Each account is listed every five minutes, so this is what counts the lists as often as they come. */
const REST_MINUTES = 5;

/** All at once until Ready, then at rest, then all deleted at once. Each account pays for its share. */
export async function measureAccounts(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
  accounts: number,
): Promise<readonly Measurement[]> {
  const teams = Array.from({ length: accounts }, (_, index) => `team-${String(index)}`);
  const stage = await Stage.open(bench, audit, {
    settings: { accounts: keysOf(teams) },
    flags: { 'gpu-accounts': 'true' },
  });
  try {
    await inParallel(8, teams, async (team) => {
      await createAccount(stage, team);
    });
    const unused = await measureRest(stage, accounts, 'without GpuPods');
    const life = await measureLife(stage, count, teams);
    return [measured('accounts', accounts, 'in all'), ...unused, ...life];
  } finally {
    await stage.close();
  }
}

async function measureLife(
  stage: Stage,
  count: number,
  teams: readonly string[],
): Promise<readonly Measurement[]> {
  const names = namesOf(count);
  const { requests, ledger } = stage.scene.simulator;
  const before = requests.count();
  const idle = await stage.scrape();
  const readyMs = await timedMs(async () => {
    await stage.createAll(names, (index) => ({ accountRef: { name: teams[index % teams.length] ?? '' } }));
    await stage.untilCounted('Ready', count);
  });
  const toReady = requests.count() - before;
  const ready = await stage.scrape();
  const rest = await measureRest(stage, teams.length, 'at rest');
  const goneMs = await timedMs(async () => {
    await stage.deleteAll(names);
    await stage.untilCounted('any', 0);
  });
  return [
    measured('accounts that paid', new Set(ledger.entries().map(({ userId }) => userId)).size, 'in all'),
    measured('all Ready', readyMs / 1_000, 's'),
    measured('provider requests until Ready', toReady / count, 'per GpuPod'),
    measured('operator CPU until Ready', ready.cpuSeconds - idle.cpuSeconds, 's'),
    measured('memory, all Ready', ready.residentBytes / 2 ** 20, 'MiB'),
    ...rest,
    measured('all gone', goneMs / 1_000, 's'),
  ];
}

async function measureRest(stage: Stage, accounts: number, when: string): Promise<readonly Measurement[]> {
  await systemClock.sleep(SETTLE_MS);
  const { requests } = stage.scene.simulator;
  const before = { ...(await stage.scrape()), provider: requests.count(), reads: await secretReads(stage) };
  await systemClock.sleep(REST_MINUTES * 60_000);
  const after = { ...(await stage.scrape()), provider: requests.count(), reads: await secretReads(stage) };
  const aMinute = (key: 'provider' | 'reads' | 'kubernetesRequests'): number =>
    (after[key] - before[key]) / REST_MINUTES;
  return [
    measured(`provider requests ${when}`, aMinute('provider') / accounts, 'per account and minute'),
    measured(`Kubernetes requests ${when}`, aMinute('kubernetesRequests'), 'per minute'),
    measured(`of these reads of Secrets ${when}`, aMinute('reads'), 'per minute'),
    measured(`operator CPU ${when}`, (after.cpuSeconds - before.cpuSeconds) / (60 * REST_MINUTES), 'share'),
    measured(`memory ${when}`, after.residentBytes / 2 ** 20, 'MiB'),
  ];
}

async function secretReads({ audit, scene }: Stage): Promise<number> {
  const all = await audit.requests(scene.namespace);
  return all.filter((request) => request.startsWith('get secrets')).length;
}
