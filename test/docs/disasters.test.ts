import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { runProgram } from '../support/run-program.ts';
import type { ProgramResult } from '../support/run-program.ts';
import { markdownFiles } from './support/markdown.ts';

const page = markdownFiles().find(({ path: file }) => file === 'docs/how-to/disasters.md');
const blocks = page?.blocks.map(({ text }) => text) ?? [];
const OFFICIAL = 'https://api.primeintellect.ai';

const tools = await runProgram('bash', ['-c', 'command -v curl && command -v jq'], process.env);
const describeHere = tools.code === 0 ? describe : describe.skip;
if (tools.code !== 0) {
  process.stderr.write('\nNOT TESTED: docs/how-to/disasters.md: no bash, curl or jq here\n\n');
}

/** The only command on the page that contains this text. */
function command(containing: string): string {
  const found = blocks.filter((block) => block.includes(containing));
  if (found.length !== 1) throw new Error(`${found.length} blocks contain ${containing}`);
  return found[0] ?? '';
}

let simulator: Simulator;
let directory: string;

beforeEach(async () => {
  simulator = await startSimulator();
  directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-docs-'));
});

afterEach(async () => {
  await simulator.stop();
  await rm(directory, { recursive: true });
});

/** An instance of user_1, whose key the page uses here. */
async function plant(name: string): Promise<string> {
  const body = JSON.stringify({ name, userId: 'user_1' });
  const response = await fetch(`${simulator.url}/_simulator/pods`, { method: 'POST', body });
  const { id } = z.object({ id: z.string() }).parse(await response.json());
  return id;
}

/** Runs commands of the page in the directory of this test, after the one that defines `prime`. */
async function run(...commands: readonly string[]): Promise<ProgramResult> {
  const define = command('prime() {')
    .replace(OFFICIAL, simulator.url)
    .replace('<your key>', simulator.apiKey);
  const script = ['set -eo pipefail', `cd ${directory}`, define, ...commands].join('\n');
  return await runProgram('bash', ['-c', script], process.env);
}

function terminated(): readonly string[] {
  return simulator.ledger.deletes.map(({ podId }) => podId);
}

describeHere('the commands for the provider on the page about disasters', () => {
  it('list what bills, with the number of all', async () => {
    await plant('gp-abcdef-x-1-default-train');
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^1 of 1\n\S+\tgp-abcdef-x-1-default-train\tACTIVE\t/);
  });

  it('show only instances that no GpuPod names', async () => {
    const known = await plant('gp-abcdef-x-1-default-train');
    await plant('gp-abcdef-y-1-default-orphan');
    await writeFile(path.join(directory, 'known.json'), JSON.stringify([known]));
    const [, compare = ''] = command('--slurpfile').split('> known.json\n');
    const { stdout } = await run('echo ---', compare);
    expect(stdout.split('---\n')[1]).toMatch(/^\S+\tgp-abcdef-y-1-default-orphan\tACTIVE\t[^\n]*\n$/);
  });

  it('terminate all instances of one installation, and no other', async () => {
    const own = [await plant('gp-abcdef-x-1-default-train'), await plant('gp-abcdef-y-1-default-other')];
    await plant('gp-zzzzzz-y-1-default-foreign');
    const { code, stderr } = await run(command('startswith').replace('<installation ID>', 'abcdef'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(terminated().toSorted()).toEqual(own.toSorted());
  });

  it('terminate one instance', async () => {
    const id = await plant('gp-abcdef-x-1-default-train');
    const { code } = await run(command('<pod ID>').replace('<pod ID>', id));
    expect(code).toBe(0);
    expect(terminated()).toEqual([id]);
  });
});
