import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import type { Children } from './children.ts';
import { runVisibly } from './command.ts';
import type { Command } from './command.ts';
import type { Outcome } from './outcome.ts';

/** The counted part of jest's result file. */
const resultSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

type RingResult = z.infer<typeof resultSchema>;

/** Runs jest with `--outputFile`, which the command must take as a further argument, and counts its tests. */
export async function runRing(command: Command, children: Children): Promise<Outcome> {
  const directory = await mkdtemp(path.join(tmpdir(), 'test-ring-'));
  try {
    const file = path.join(directory, 'result.json');
    const args = [...command.args, '--json', '--outputFile', file];
    const { succeeded, elapsedMs, output } = await runVisibly({ ...command, args }, children);
    const result = await readResult(file);
    return { title: command.title, elapsedMs, ...judge(result, succeeded, output) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Undefined if jest died before it could write its result. */
async function readResult(file: string): Promise<RingResult | undefined> {
  try {
    return resultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** What a ring counts for. Whatever makes jest fail without a failed test, as a coverage below its threshold, is one failure. */
function judge(
  result: RingResult | undefined,
  succeeded: boolean,
  output: string,
): Pick<Outcome, 'passed' | 'failed' | 'detail'> {
  if (result === undefined) return { passed: 0, failed: 1, detail: `jest left no result: ${output.trim()}` };
  const passed = result.numPassedTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  if (passed + failed === 0) return { passed, failed: 1, detail: 'no test was executed' };
  if (failed > 0) return { passed, failed, detail: 'see above' };
  return succeeded
    ? { passed, failed, detail: '' }
    : { passed, failed: 1, detail: 'every test passed, but jest failed: see above, coverage perhaps' };
}
