import type { Children } from './children.ts';
import { runQuietly } from './command.ts';
import type { Command, CommandResult } from './command.ts';
import { inParallel } from './in-parallel.ts';
import { runRing } from './jest-ring.ts';
import { lineOf, seconds, totalOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { Plan } from './plan.ts';

/** The functions with which a run writes and starts processes. */
export interface Terminal {
  readonly children: Children;
  readonly write: (line: string) => void;
}

/** The static checks share the cores with the preparation. */
const checksAtATime = 2;
/** Each of the rings with a control plane waits for its processes half of the time. */
const ringsAtATime = 2;

/**
 * Runs everything and writes what happens; the last line is `N passed, N failed`. A failure hides nothing that
 * comes after it.
 */
export async function runPlan(plan: Plan, terminal: Terminal): Promise<Outcome[]> {
  const { children, write } = terminal;
  const preparing = runQuietly(plan.prepare, children, (line) => {
    write(`[${plan.prepare.title}] ${line}`);
  });

  const checks = await inSection('Static checks', write, () =>
    inParallel(checksAtATime, plan.checks, async (check) => runCheck(check, terminal)),
  );
  const fast = await inSection('Fast tests', write, () =>
    inParallel(1, plan.fastRings, async (ring) => runRing(ring, children)),
  );
  const prepared = await preparing;
  const cluster = await inSection('Tests with a control plane', write, () =>
    inParallel(ringsAtATime, plan.clusterRings, async (ring) => {
      const outcome = await afterPreparing(ring, prepared, terminal);
      write(lineOf(outcome));
      return outcome;
    }),
  );

  const outcomes = [...checks, ...fast, outcomeOf(prepared), ...cluster];
  write(heading('Summary'));
  for (const outcome of outcomes) write(lineOf(outcome));
  write(totalOf(outcomes));
  return outcomes;
}

function heading(title: string): string {
  return `\n── ${title} ${'─'.repeat(60 - title.length)}`;
}

async function inSection<T>(title: string, write: (line: string) => void, run: () => Promise<T>): Promise<T> {
  write(heading(title));
  const startedMs = performance.now();
  const result = await run();
  write(`${title}: ${seconds(performance.now() - startedMs)}`);
  return result;
}

async function runCheck(check: Command, { children, write }: Terminal): Promise<Outcome> {
  const result = await runQuietly(check, children);
  const outcome = outcomeOf(result);
  write(lineOf(outcome));
  if (!result.succeeded) write(result.output.trimEnd());
  return outcome;
}

/** A ring without its executables is not run and not skipped. The failed preparation has said what a person can do. */
async function afterPreparing(
  ring: Command,
  prepared: CommandResult,
  { children, write }: Terminal,
): Promise<Outcome> {
  if (prepared.succeeded) return await runRing(ring, children);
  write(`${ring.title} were not run, for there are no ${prepared.title}:\n${prepared.output.trimEnd()}`);
  return { title: ring.title, passed: 0, failed: 1, elapsedMs: 0, detail: `not run: no ${prepared.title}` };
}

function outcomeOf({ title, succeeded, elapsedMs }: CommandResult): Outcome {
  return succeeded
    ? { title, passed: 1, failed: 0, elapsedMs, detail: '' }
    : { title, passed: 0, failed: 1, elapsedMs, detail: 'see above' };
}
