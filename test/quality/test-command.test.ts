import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Children } from '../../scripts/checks/children.ts';
import type { Command } from '../../scripts/checks/command.ts';
import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { failuresOf } from '../../scripts/checks/outcome.ts';
import type { Plan } from '../../scripts/checks/plan.ts';
import { runPlan } from '../../scripts/checks/run-plan.ts';

let children: Children;

beforeEach(() => {
  children = new Children();
});

afterEach(async () => {
  await children.stop();
});

function program(title: string, code: string): Command {
  return { title, program: process.execPath, args: ['-e', code, '--'] };
}

function check(title: string, exitCode = 0): Command {
  return program(title, `console.log('${title} speaks'); process.exitCode = ${exitCode};`);
}

interface RingResult {
  readonly passed: number;
  readonly failed?: number;
  /** The number of suites that could not be loaded. */
  readonly broken?: number;
  readonly exitCode?: number;
}

/** Writes the result file that jest would write. */
function ring(title: string, { passed, failed = 0, broken = 0, exitCode = 0 }: RingResult): Command {
  const result = { numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: broken };
  return program(
    title,
    `require('node:fs').writeFileSync(process.argv.at(-1), '${JSON.stringify(result)}'); process.exitCode = ${exitCode};`,
  );
}

function plan(changes: Partial<Plan>): Plan {
  return {
    prepare: check('executables'),
    checks: [check('types'), check('format')],
    fastRings: [ring('parts', { passed: 6 }), ring('simulation', { passed: 4 })],
    clusterRings: [ring('cluster', { passed: 3 }), ring('faults', { passed: 2 })],
    ...changes,
  };
}

async function run(changes: Partial<Plan>): Promise<{ lines: string[]; failures: number }> {
  const lines: string[] = [];
  const outcomes = await runPlan(plan(changes), { children, write: (line) => lines.push(line) });
  return { lines, failures: failuresOf(outcomes) };
}

describe('the test command', () => {
  it.each<{ changes: Partial<Plan>; last: string; reason: string }>([
    { changes: {}, last: '18 passed, 0 failed', reason: 'three checks and fifteen tests' },
    {
      changes: { checks: [check('types', 2), check('format')] },
      last: '17 passed, 1 failed',
      reason: 'a failing check does not hide the rest',
    },
    {
      changes: { fastRings: [ring('fast', { passed: 8, failed: 2, exitCode: 1 })] },
      last: '16 passed, 2 failed',
      reason: 'failed tests are counted one by one, and the cluster tests run all the same',
    },
    {
      changes: { fastRings: [ring('fast', { passed: 8, failed: 1, broken: 2, exitCode: 1 })] },
      last: '16 passed, 3 failed',
      reason: 'a suite that cannot be loaded has no test in it that could fail',
    },
    {
      changes: { fastRings: [ring('fast', { passed: 10, exitCode: 1 })] },
      last: '18 passed, 1 failed',
      reason: 'a coverage below its threshold fails without a failed test',
    },
    {
      changes: { clusterRings: [ring('cluster', { passed: 3 }), ring('faults', { passed: 1, failed: 1 })] },
      last: '17 passed, 1 failed',
      reason: 'each of the rings on the cluster counts',
    },
    {
      changes: {
        clusterRings: [ring('cluster', { passed: 2, failed: 1, exitCode: 1 }), ring('faults', { passed: 2 })],
      },
      last: '17 passed, 1 failed',
      reason: 'a ring that fails does not hide the next',
    },
    {
      changes: { clusterRings: [ring('cluster', { passed: 0 })] },
      last: '13 passed, 1 failed',
      reason: 'no test at all is not a success',
    },
    {
      changes: { clusterRings: [check('cluster', 1)] },
      last: '13 passed, 1 failed',
      reason: 'jest that dies leaves no result',
    },
    {
      changes: { clusterRings: [check('cluster')] },
      last: '13 passed, 1 failed',
      reason: 'an end without error and without result proves nothing',
    },
    {
      changes: { checks: [{ title: 'types', program: '/nowhere/tsc', args: [] }] },
      last: '16 passed, 1 failed',
      reason: 'a program that is not there has checked nothing',
    },
  ])('ends with "$last": $reason', async ({ changes, last }) => {
    const { lines, failures } = await run(changes);

    expect(lines.at(-1)).toBe(last);
    expect(last).toContain(` ${failures} failed`);
  });

  it('runs the rings with a control plane side by side, because each waits for its processes', async () => {
    const meeting = await mkdtemp(path.join(tmpdir(), 'rings-'));
    // Each waits for the file of the other.
    const meets = (own: string, other: string): Command =>
      program(
        own,
        `const fs = require('node:fs');
        fs.writeFileSync('${meeting}/${own}', '');
        const waiting = setInterval(() => {
          if (!fs.existsSync('${meeting}/${other}')) return;
          clearInterval(waiting);
          fs.writeFileSync(process.argv.at(-1), '{"numPassedTests":1,"numFailedTests":0,"numRuntimeErrorTestSuites":0}');
        }, 10);`,
      );
    try {
      const { lines } = await run({ clusterRings: [meets('cluster', 'faults'), meets('faults', 'cluster')] });
      expect(lines.at(-1)).toBe('15 passed, 0 failed');
    } finally {
      await rm(meeting, { recursive: true });
    }
  });

  it('shows the output of a failing check only', async () => {
    const { lines } = await run({ checks: [check('types', 2), check('format')] });

    const text = lines.join('\n');
    expect(text).toContain('types speaks\nended with exit code 2');
    expect(text).not.toContain('format speaks');
  });

  it('fails without executables, skips the cluster tests, and repeats what to do', async () => {
    const prepare = program('executables', `console.error('install Go'); process.exitCode = 1;`);

    const { lines } = await run({ prepare });

    expect(lines).toContain('[executables] install Go');
    expect(lines.join('\n')).toContain('cluster were not run, for there are no executables:\ninstall Go');
    expect(lines.join('\n')).toContain('faults were not run');
    expect(lines.at(-1)).toBe('12 passed, 3 failed');
  });
});

describe('jobs in parallel', () => {
  it('never exceed the limit, all run, and return their results in order', async () => {
    let running = 0;
    let most = 0;

    const results = await inParallel(2, [3, 1, 2, 5, 4], async (job) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < job; turn += 1) await Promise.resolve();
      running -= 1;
      return job * 10;
    });

    expect(most).toBe(2);
    expect(results).toEqual([30, 10, 20, 50, 40]);
  });
});

describe('child processes', () => {
  it('stop together with what they started', async () => {
    const code = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', 'console.log(1); setTimeout(Object, 60_000)'], { stdio: 'inherit' });
      process.on('SIGTERM', () => process.exit());`;
    const child = children.start(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout === null) throw new Error('no pipe');
    await once(child.stdout, 'data');
    const close = once(child, 'close');

    await children.stop();

    // The pipe closes with the last process that holds it, so a surviving grandchild would keep it open.
    await expect(close).resolves.toBeDefined();
  });

  it('are not started during a shutdown, because the next check would outlive the run', async () => {
    const lines: string[] = [];
    const slow = program('slow', 'setTimeout(Object, 60_000)');
    const running = runPlan(plan({ checks: [slow, slow, check('next')] }), {
      children,
      write: (line) => lines.push(line),
    });
    const problem = running.catch(String);

    await children.stop();

    expect(await problem).toContain('not started any more');
    expect(lines.join('\n')).not.toContain('next');
  });
});
