import { inParallel } from '../../../scripts/checks/in-parallel.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { RequestRecord } from '../../support/audit.ts';
import type { SceneBench } from '../../support/bench.ts';
import { createAccount, keysOf, untilAccountsReady, userOf } from '../accounts.ts';
import { measured, median } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { ReadyTimes } from '../ready-times.ts';
import { namesOf, Stage } from '../stage.ts';

const HOUR_MS = 3_600_000;
/** The accounts next door, and how the provider answers them once their keys have worked. */
const NEIGHBOURS: Readonly<Record<string, FaultRuleInput['effect']>> = {
  hanging: { kind: 'DelayBefore', ms: HOUR_MS },
  revoked: { kind: 'Answer', status: 401, body: { detail: 'Invalid API key' } },
  limited: { kind: 'TooManyRequests', retryAfter: '30' },
};
const ROUNDS = 2;

/**
 * All at once on ordinary accounts, without and with three more accounts that have as many GpuPods each: the API hangs
 * for one, the key of another is revoked, and the third is answered 429.
 */
export async function measureIsolation(
  bench: SceneBench,
  audit: RequestRecord,
  count: number,
  accounts: number,
): Promise<readonly Measurement[]> {
  const teams = Array.from({ length: accounts }, (_, index) => `team-${String(index)}`);
  const all = [...teams, ...Object.keys(NEIGHBOURS)];
  const stage = await Stage.open(bench, audit, {
    settings: { accounts: keysOf(all) },
    flags: { 'gpu-accounts': 'true' },
  });
  const times = new ReadyTimes(stage);
  try {
    await inParallel(8, all, async (team) => {
      await createAccount(stage, team);
    });
    await untilAccountsReady(stage, all.length);
    const round = { stage, times, teams, count };
    await measureRound('warm-up', round);
    const alone = await measureRounds('alone', round);
    const more = await disturb(stage, Math.ceil(count / accounts));
    const beside = await measureRounds('beside', { ...round, more });
    return [
      measured('accounts', accounts, 'in all'),
      measured('median until Ready, alone', median(alone) / 1_000, 's'),
      measured('median until Ready, compared', median(beside) / median(alone), 'times'),
      measured('the last one Ready, compared', Math.max(...beside) / Math.max(...alone), 'times'),
    ];
  } finally {
    await times.stop();
    await stage.close();
  }
}

interface Round {
  readonly stage: Stage;
  readonly times: ReadyTimes;
  readonly teams: readonly string[];
  readonly count: number;
  /** GpuPods of the neighbours. @default 0 */
  readonly more?: number;
}

async function measureRounds(name: string, round: Round): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let at = 0; at < ROUNDS; at += 1) {
    tookMs.push(...(await measureRound(`${name}-${String(at)}`, round)));
  }
  return tookMs;
}

/** @returns milliseconds until Ready of each GpuPod of the ordinary accounts */
async function measureRound(
  prefix: string,
  { stage, times, teams, count, more = 0 }: Round,
): Promise<readonly number[]> {
  const names = namesOf(count).map((name) => `${prefix}-${name}`);
  await stage.createAll(names, (index) => ({ accountRef: { name: teams[index % teams.length] ?? '' } }));
  await stage.untilCounted('Ready', count);
  await stage.scene.untilTrue('the last one was seen Ready', () =>
    names.every((name) => times.of(name) !== undefined),
  );
  await stage.deleteAll(names);
  await stage.untilCounted('any', more);
  return names.map((name) => times.of(name) ?? Infinity);
}

/**
 * Disturbs the neighbours, and gives each of them GpuPods that will not be Ready.
 *
 * @returns how many GpuPods they have
 */
async function disturb(stage: Stage, countOfEach: number): Promise<number> {
  for (const [name, effect] of Object.entries(NEIGHBOURS)) {
    stage.scene.simulator.faults.add({ userId: userOf(name), effect });
    await stage.createAll(
      namesOf(countOfEach).map((one) => `${name}-${one}`),
      () => ({ accountRef: { name } }),
    );
  }
  const more = countOfEach * Object.keys(NEIGHBOURS).length;
  await stage.untilCounted('any', more);
  return more;
}
