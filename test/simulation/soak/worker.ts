import { describeRun, drawRun } from '../random-run/plan.ts';
import type { RunSize } from '../random-run/plan.ts';
import { runOne } from '../random-run/random-run.ts';
import type { SeedResult } from './tally.ts';

const LIVES_PER_WAVE = 25;

/** Waves of 25 lives, or one smaller wave. */
export function sizeOf(lives: number): RunSize {
  const waves = Math.max(1, Math.round(lives / LIVES_PER_WAVE));
  return { waves, livesPerWave: Math.max(1, Math.round(lives / waves)) };
}

/** Runs one seed and returns its result. */
export async function runSeed(seed: number, lives: number): Promise<SeedResult> {
  const plan = drawRun(seed, sizeOf(lives));
  const {
    violations,
    injected,
    trace: _trace,
    ends: _ends,
    ...counts
  } = await runOne(plan, { isTraced: false });
  return {
    seed,
    ...counts,
    violations,
    injected: Object.fromEntries(injected),
    plan: violations.length === 0 ? [] : describeRun(plan),
  };
}

process.on('message', (message: { readonly seed: number; readonly lives: number }) => {
  Error.stackTraceLimit = 0;
  void runSeed(message.seed, message.lives).then((result) => process.send?.(result, leaveIfAlone));
});
process.on('disconnect', leave);

/** The parent has no more seeds, or was killed, so nobody would receive the result. */
function leave(): void {
  process.exit();
}

function leaveIfAlone(error: Error | null): void {
  if (error !== null) leave();
}
