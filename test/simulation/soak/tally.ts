import { faultNames } from '../random-run/plan.ts';
import { tenantFaultNames } from '../tenants/draw.ts';
import type { World } from './worlds.ts';

/** The result of one seed, as a child process sends it. */
export interface SeedResult {
  readonly world: World;
  readonly seed: number;
  readonly lives: number;
  readonly calls: number;
  readonly virtualHours: number;
  readonly mostPasses: number;
  readonly hash: string;
  readonly violations: readonly string[];
  /** The lines of the plan, only for a seed that failed. */
  readonly plan: readonly string[];
  readonly injected: Readonly<Record<string, number>>;
}

/** Sums over many seeds. */
export interface Tally {
  readonly worlds: readonly World[];
  seeds: number;
  lives: number;
  calls: number;
  virtualHours: number;
  mostPasses: number;
  readonly failedSeeds: string[];
  readonly injected: Map<string, number>;
}

export function emptyTally(worlds: readonly World[]): Tally {
  return {
    worlds,
    seeds: 0,
    lives: 0,
    calls: 0,
    virtualHours: 0,
    mostPasses: 0,
    failedSeeds: [],
    injected: new Map(),
  };
}

export function addResult(tally: Tally, result: SeedResult): void {
  tally.seeds += 1;
  tally.lives += result.lives;
  tally.calls += result.calls;
  tally.virtualHours += result.virtualHours;
  tally.mostPasses = Math.max(tally.mostPasses, result.mostPasses);
  if (result.violations.length > 0) tally.failedSeeds.push(`${result.world} ${String(result.seed)}`);
  for (const [name, times] of Object.entries(result.injected)) {
    tally.injected.set(name, (tally.injected.get(name) ?? 0) + times);
  }
}

/** Planned faults that never occurred and so tested nothing. */
function neverInjected(tally: Tally): readonly string[] {
  const planned = tally.worlds.flatMap((world) => (world === 'tenants' ? tenantFaultNames() : faultNames()));
  return [...new Set(planned)].filter((name) => (tally.injected.get(name) ?? 0) === 0);
}

/** True if nothing failed and every fault occurred. */
export function isGood(tally: Tally): boolean {
  return tally.seeds > 0 && tally.failedSeeds.length === 0 && neverInjected(tally).length === 0;
}

/** The first line is the summary. */
export function summarize(tally: Tally): readonly string[] {
  const total = [...tally.injected.values()].reduce((sum, times) => sum + times, 0);
  const crashes = [...tally.injected].filter(([name]) => name.startsWith('crash'));
  const crashed = crashes.reduce((sum, [, times]) => sum + times, 0);
  const missing = neverInjected(tally);
  return [
    `${String(tally.seeds)} seeds, ${String(tally.lives)} lives, ${String(tally.calls)} calls, ` +
      `${tally.virtualHours.toFixed(0)} hours of virtual time; ${String(total)} faults injected, ${String(crashed)} of them ` +
      `crashes; at most ${String(tally.mostPasses)} passes to rest; ${String(tally.failedSeeds.length)} seeds failed`,
    ...[...tally.injected]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, times]) => `  ${String(times)} × ${name}`),
    ...(missing.length === 0 ? [] : [`never injected: ${missing.join(', ')}`]),
    ...(tally.failedSeeds.length === 0 ? [] : [`failed seeds: ${tally.failedSeeds.join(', ')}`]),
  ];
}
