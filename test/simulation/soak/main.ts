import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { describeRun, drawRun } from '../random-run/plan.ts';
import { runOne } from '../random-run/random-run.ts';
import { addResult, emptyTally, isGood, summarize } from './tally.ts';
import type { SeedResult, Tally } from './tally.ts';
import { sizeOf } from './worker.ts';

/**
 * `npm run test:soak -- [--seeds 10000] [--lives 1000000] [--from 1] [--minutes n] [--workers n]`: many
 * random runs, each drawn from its seed. `--trace` runs one seed in this process and prints its trace.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    lives: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    workers: { type: 'string', default: String(availableParallelism()) },
    trace: { type: 'boolean', default: false },
  },
});

const PROGRESS_MS = 60_000;
const seeds = Number(values.seeds);
const from = Number(values.from);
const livesPerSeed = Math.max(1, Math.round(Number(values.lives) / seeds));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function replay(seed: number): string {
  return `npm run test:soak -- --from ${String(seed)} --seeds 1 --lives ${String(livesPerSeed)} --trace`;
}

async function trace(seed: number): Promise<boolean> {
  const plan = drawRun(seed, sizeOf(livesPerSeed));
  const result = await runOne(plan);
  say([...describeRun(plan), result.trace, ...result.violations, `hash ${result.hash}`].join('\n'));
  return result.violations.length === 0;
}

/** Assigns seeds to child processes until none is left, or the time is over. */
async function soak(tally: Tally): Promise<void> {
  const endMs = performance.now() + Number(values.minutes) * 60_000;
  let next = from;
  const take = (): number | undefined => {
    if (next >= from + seeds || performance.now() > endMs) return undefined;
    next += 1;
    return next - 1;
  };
  const timer = setInterval(() => {
    say(summarize(tally)[0] ?? '');
  }, PROGRESS_MS);
  const workers = Array.from({ length: Math.min(seeds, Number(values.workers)) }, () => fork(WORKER));
  await Promise.all(workers.map((worker) => drive(worker, take, tally)));
  clearInterval(timer);
}

const WORKER = new URL('worker.ts', import.meta.url);

async function drive(worker: ChildProcess, take: () => number | undefined, tally: Tally): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const giveNext = (): void => {
    const seed = take();
    if (seed === undefined) worker.disconnect();
    else worker.send({ seed, lives: livesPerSeed });
  };
  worker.on('message', (result: SeedResult) => {
    addResult(tally, result);
    if (result.violations.length > 0) say(failureText(result));
    giveNext();
  });
  worker.on('exit', (code) => {
    if (code !== 0) tally.failedSeeds.push(-1);
    ended.resolve(undefined);
  });
  giveNext();
  await ended.promise;
}

function failureText({ seed, plan, violations }: SeedResult): string {
  return [`seed ${String(seed)} failed:`, ...plan, ...violations.map((text) => `→ ${text}`)]
    .join('\n  ')
    .concat(`\n  again: ${replay(seed)}`);
}

if (values.trace) {
  process.exitCode = (await trace(from)) ? 0 : 1;
} else {
  const tally = emptyTally();
  await soak(tally);
  for (const line of summarize(tally)) say(line);
  process.exitCode = isGood(tally) ? 0 : 1;
}
