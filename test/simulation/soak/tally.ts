import { faultNames } from '../random-run/plan.ts';

/** What came of one seed, as it goes from a child to its parent. */
export interface SeedResult {
  readonly seed: number;
  readonly lives: number;
  readonly calls: number;
  readonly virtualHours: number;
  readonly mostPasses: number;
  readonly hash: string;
  readonly violations: readonly string[];
  /** Lines of the plan; only of a seed that failed. */
  readonly plan: readonly string[];
  readonly dealt: Readonly<Record<string, number>>;
}

/** Sums over many seeds. */
export interface Tally {
  seeds: number;
  lives: number;
  calls: number;
  virtualHours: number;
  mostPasses: number;
  readonly failedSeeds: number[];
  readonly dealt: Map<string, number>;
}

export function emptyTally(): Tally {
  return {
    seeds: 0,
    lives: 0,
    calls: 0,
    virtualHours: 0,
    mostPasses: 0,
    failedSeeds: [],
    dealt: new Map(),
  };
}

export function addResult(tally: Tally, result: SeedResult): void {
  tally.seeds += 1;
  tally.lives += result.lives;
  tally.calls += result.calls;
  tally.virtualHours += result.virtualHours;
  tally.mostPasses = Math.max(tally.mostPasses, result.mostPasses);
  if (result.violations.length > 0) tally.failedSeeds.push(result.seed);
  for (const [name, times] of Object.entries(result.dealt)) {
    tally.dealt.set(name, (tally.dealt.get(name) ?? 0) + times);
  }
}

/** Blows that never fell: what they would have shown is not known. */
function neverDealt(tally: Tally): readonly string[] {
  return faultNames().filter((name) => (tally.dealt.get(name) ?? 0) === 0);
}

/** A run is good when nothing failed and nothing was left untried. */
export function isGood(tally: Tally): boolean {
  return tally.seeds > 0 && tally.failedSeeds.length === 0 && neverDealt(tally).length === 0;
}

/** The first line says it in short. */
export function summarize(tally: Tally): readonly string[] {
  const total = [...tally.dealt.values()].reduce((sum, times) => sum + times, 0);
  const crashes = [...tally.dealt].filter(([name]) => name.startsWith('crash'));
  const crashed = crashes.reduce((sum, [, times]) => sum + times, 0);
  const missing = neverDealt(tally);
  return [
    `${String(tally.seeds)} seeds, ${String(tally.lives)} lives, ${String(tally.calls)} calls, ` +
      `${tally.virtualHours.toFixed(0)} hours of virtual time; ${String(total)} blows fell, ${String(crashed)} of them ` +
      `crashes; at most ${String(tally.mostPasses)} passes to rest; ${String(tally.failedSeeds.length)} seeds failed`,
    ...[...tally.dealt]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, times]) => `  ${String(times)} × ${name}`),
    ...(missing.length === 0 ? [] : [`never fell: ${missing.join(', ')}`]),
    ...(tally.failedSeeds.length === 0 ? [] : [`failed seeds: ${tally.failedSeeds.join(' ')}`]),
  ];
}
