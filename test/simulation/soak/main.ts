import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { addResult, emptyTally, isGood, summarize } from './tally.ts';
import type { SeedResult, Tally } from './tally.ts';
import { runSeed } from './worker.ts';
import { WORLDS } from './worlds.ts';
import type { SeedRequest, World } from './worlds.ts';

/**
 * `npm run test:soak -- [--seeds 10000] [--lives 1000000] [--from 1] [--minutes n] [--workers n]
 * [--world single|tenants]`: many random runs, each drawn from its seed, in both worlds or in one. `--trace` runs one
 * seed in this process and prints its trace.
 */

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    lives: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    workers: { type: 'string', default: String(availableParallelism()) },
    world: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const PROGRESS_MS = 60_000;
const seeds = Number(values.seeds);
const from = Number(values.from);
const worlds: readonly World[] = WORLDS.filter((world) => (values.world ?? world) === world);
if (worlds.length === 0) throw new Error(`--world: give one of ${WORLDS.join(', ')}`);
const livesPerSeed = Math.max(1, Math.round(Number(values.lives) / seeds));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function replay({ world, seed }: SeedResult): string {
  return `npm run test:soak -- --world ${world} --from ${String(seed)} --seeds 1 --lives ${String(livesPerSeed)} --trace`;
}

async function trace(seed: number): Promise<boolean> {
  let isClean = true;
  for (const world of worlds) {
    const { plan, result } = await runSeed({ world, seed, lives: livesPerSeed });
    say([...plan, result.trace, ...result.violations, `hash ${result.hash}`].join('\n'));
    isClean &&= result.violations.length === 0;
  }
  return isClean;
}

/** Assigns seeds to child processes until none is left, or the time is over. */
async function soak(tally: Tally): Promise<void> {
  const endMs = performance.now() + Number(values.minutes) * 60_000;
  let taken = 0;
  const take = (): SeedRequest | undefined => {
    const world = worlds[taken % worlds.length];
    const seed = from + Math.floor(taken / worlds.length);
    if (world === undefined || seed >= from + seeds || performance.now() > endMs) return undefined;
    taken += 1;
    return { world, seed, lives: livesPerSeed };
  };
  const timer = setInterval(() => {
    say(summarize(tally)[0] ?? '');
  }, PROGRESS_MS);
  const workers = Array.from({ length: Math.min(seeds, Number(values.workers)) }, () => fork(WORKER));
  await Promise.all(workers.map((worker) => drive(worker, take, tally)));
  clearInterval(timer);
}

const WORKER = new URL('worker.ts', import.meta.url);

async function drive(worker: ChildProcess, take: () => SeedRequest | undefined, tally: Tally): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const giveNext = (): void => {
    const request = take();
    if (request === undefined) worker.disconnect();
    else worker.send(request);
  };
  worker.on('message', (result: SeedResult) => {
    addResult(tally, result);
    if (result.violations.length > 0) say(failureText(result));
    giveNext();
  });
  worker.on('exit', (code) => {
    if (code !== 0) tally.failedSeeds.push(`a worker ended with ${String(code)}`);
    ended.resolve(undefined);
  });
  giveNext();
  await ended.promise;
}

function failureText(result: SeedResult): string {
  const { world, seed, plan, violations } = result;
  return [`seed ${String(seed)} (${world}) failed:`, ...plan, ...violations.map((text) => `→ ${text}`)]
    .join('\n  ')
    .concat(`\n  again: ${replay(result)}`);
}

if (values.trace) {
  process.exitCode = (await trace(from)) ? 0 : 1;
} else {
  const tally = emptyTally(worlds);
  await soak(tally);
  for (const line of summarize(tally)) say(line);
  process.exitCode = isGood(tally) ? 0 : 1;
}
