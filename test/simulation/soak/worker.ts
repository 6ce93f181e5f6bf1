import { describeRun, drawRun } from '../random-run/plan.ts';
import type { RunSize } from '../random-run/plan.ts';
import { runOne } from '../random-run/random-run.ts';
import type { RunResult } from '../random-run/run-result.ts';
import type { SimulationOptions } from '../simulation.ts';
import { describeTenants, drawTenants } from '../tenants/draw.ts';
import { runTenants } from '../tenants/tenant-run.ts';
import type { SeedResult } from './tally.ts';
import type { SeedRequest } from './worlds.ts';

const LIVES_PER_WAVE = 25;

/** Waves of 25 lives, or one smaller wave. */
export function sizeOf(lives: number): RunSize {
  const waves = Math.max(1, Math.round(lives / LIVES_PER_WAVE));
  return { waves, livesPerWave: Math.max(1, Math.round(lives / waves)) };
}

interface Run {
  readonly plan: readonly string[];
  readonly result: RunResult;
}

/** Draws and runs one seed. */
export async function runSeed(
  { world, seed, lives }: SeedRequest,
  options: SimulationOptions = {},
): Promise<Run> {
  if (world === 'tenants') {
    const plan = drawTenants(seed);
    return { plan: describeTenants(plan), result: await runTenants(plan, options) };
  }
  const plan = drawRun(seed, sizeOf(lives));
  return { plan: describeRun(plan), result: await runOne(plan, options) };
}

async function summaryOf(request: SeedRequest): Promise<SeedResult> {
  const { plan, result } = await runSeed(request, { isTraced: false });
  const { injected, trace: _trace, ends: _ends, ...counts } = result;
  return {
    ...request,
    ...counts,
    injected: Object.fromEntries(injected),
    plan: result.violations.length === 0 ? [] : plan,
  };
}

process.on('message', (request: SeedRequest) => {
  Error.stackTraceLimit = 0;
  void summaryOf(request).then((result) => process.send?.(result, leaveIfAlone));
});
process.on('disconnect', leave);

/** The parent has no more seeds, or was killed, so nobody would receive the result. */
function leave(): void {
  process.exit();
}

function leaveIfAlone(error: Error | null): void {
  if (error !== null) leave();
}
