import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { simulatorReference } from '../../src/simulator/reference/reference.ts';

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

it('prints its address as one line of JSON, serves, and stops on SIGTERM', async () => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--provisioning-seconds', '1.5'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  const { url, apiKey } = z.object({ url: z.url(), apiKey: z.string() }).parse(JSON.parse(line));
  const settings = await fetch(`${url}/_simulator/settings`);
  expect(await settings.json()).toHaveProperty('provisioningMs', 1500);
  expect(apiKey).toBe('test-key');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

/** Starts the entry point, sends one request and stops it. */
async function ask(args: readonly string[], path: string): Promise<unknown> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  const { url } = z.object({ url: z.url() }).parse(JSON.parse(line));
  const answer: unknown = await (await fetch(`${url}${path}`)).json();
  child.kill('SIGTERM');
  await once(child, 'exit');
  return answer;
}

it('reads settings from a file and from --set, which wins, and faults from a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gpupod-simulator-'));
  const settings = join(directory, 'settings.yaml');
  const faults = join(directory, 'faults.yaml');
  await writeFile(settings, 'slash: Direct\nafterDelete: Terminated\n');
  await writeFile(faults, '- {method: POST, effect: {kind: ResetAfter}}\n');
  try {
    const files = ['--settings', settings, '--faults', faults];
    const sets = ['--set', 'slash=Redirect', '--set', 'walletUsd={user_1: 5}'];
    expect(await ask([...files, ...sets], '/_simulator/settings')).toMatchObject({
      slash: 'Redirect',
      afterDelete: 'Terminated',
      walletUsd: { user_1: 5 },
    });
    expect(await ask(files, '/_simulator/faults')).toMatchObject([{ id: 'fault-1', fired: 0 }]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('lists every setting, fault, control endpoint and operation in --help', async () => {
  const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const help = await text(child.stdout);
  const { settings, faults, control, operations } = simulatorReference();
  const names = [
    ...settings.map(({ name }) => `  ${name} = `),
    ...faults.map(({ kind }) => `  ${kind} `),
    ...control.map(({ method, path }) => `  ${method} ${path} `),
    ...operations.map(({ method, path }) => `  ${method} ${path}\n`),
  ];
  expect(names.length).toBeGreaterThan(80);
  expect(names.filter((name) => !help.includes(name))).toEqual([]);
});

it('explains everything in the reference', () => {
  const { settings, podRule, faultRule, faults, control } = simulatorReference();
  const texts = [...settings, ...podRule, ...faultRule, ...faults].map(({ description }) => description);
  expect([...texts, ...control.map(({ does }) => does)].filter((said) => said.length < 10)).toEqual([]);
});

it.each([
  { args: ['--set', 'slash=Maybe'], says: /slash/ },
  { args: ['--set', 'colour'], says: /name=value/ },
  { args: ['--time-scale', 'fast'], says: /time-scale.*Not a number/ },
  { args: ['--offers', '/nowhere.yaml'], says: /nowhere\.yaml/ },
])('exits with 1 and a reason for the arguments $args', async ({ args, says }) => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(child.exitCode).toBe(1);
  expect(said).toMatch(says);
});
