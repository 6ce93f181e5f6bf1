import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../src/simulator/main.ts', import.meta.url));

test('the entry point prints its address as one line of JSON, serves, and ends on SIGTERM', async () => {
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

test.each([
  { args: ['--time-scale', 'fast'], says: /time-scale.*Not a number/ },
  { args: ['--offers', '/nowhere.yaml'], says: /nowhere\.yaml/ },
])('wrong arguments $args end with 1 and a reason', async ({ args, says }) => {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(text).toMatch(says);
});
