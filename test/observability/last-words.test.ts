import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { lastWords } from '../../src/observability/last-words.ts';
import { findSecret } from '../support/find-secret.ts';
import { startOperatorProcess } from '../support/operator-process.ts';

// These tests start processes, on a host that may be busy.
jest.setTimeout(120_000);

const KEY = 'canary-key-4716-abcdef';

function systemError(): Error {
  const error = new Error('listen EADDRINUSE: address already in use :::8080');
  return Object.assign(error, { code: 'EADDRINUSE', syscall: 'listen' });
}

describe('the last words', () => {
  it.each([
    {
      what: 'of an error of the engine',
      thrown: new TypeError('x is not a function'),
      says: 'x is not a function',
    },
    { what: 'of the operating system', thrown: systemError(), says: systemError().message },
    { what: 'of any other error: its message may hold data', thrown: new Error(KEY), says: undefined },
    { what: 'of one that quotes what it could not read', thrown: new SyntaxError(KEY), says: undefined },
    {
      what: 'of one that says what it was given',
      thrown: Object.assign(new TypeError(KEY), { code: 'ERR_INVALID_ARG_TYPE' }),
      says: undefined,
    },
  ])('quote or omit the message $what', ({ thrown, says }) => {
    const words = lastWords(thrown);
    expect(words).toMatchObject({ type: thrown.name });
    expect(words.message).toBe(says);
    expect(words.at[0]).toContain('last-words.test.ts');
    expect(findSecret(JSON.stringify(words), { KEY })).toEqual([]);
  });

  it('do not mistake lines of the message for places in the code', () => {
    expect(JSON.stringify(lastWords(new Error(`a\n    at ${KEY}`)))).not.toContain(KEY);
  });

  it.each([KEY, { key: KEY }, undefined])(
    'are the type of a thrown value that is not an error: %p',
    (thrown) => {
      expect(lastWords(thrown)).toEqual({ type: typeof thrown, at: [] });
    },
  );
});

/** HTTP libraries attach the request to their errors. */
const ERROR = `Object.assign(new Error('refused: ' + process.env.PRIME_API_KEY), {
  options: { headers: { authorization: 'Bearer ' + process.env.PRIME_API_KEY } },
  body: Buffer.from(process.env.PRIME_API_KEY).toString('base64'),
})`;

describe('a process that crashes', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-crash-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it.each([
    { how: 'an exception', code: `setTimeout(() => { throw ${ERROR}; }, 500)` },
    {
      how: 'a rejection that nobody awaits',
      code: `setTimeout(() => { void Promise.reject(${ERROR}); }, 500)`,
    },
  ])('exits, says where it happened, and reveals no secret: $how', async ({ code }) => {
    const preload = path.join(directory, 'crash.mjs');
    const kubeconfig = path.join(directory, 'kubeconfig');
    await writeFile(preload, code);
    await writeFile(kubeconfig, NOBODY_THERE);
    const crashed = startOperatorProcess({
      args: [`--kubeconfig=${kubeconfig}`, '--namespace=any', '--http-address=off', '--log-level=trace'],
      env: { PRIME_API_KEY: KEY, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` },
      logFile: path.join(directory, 'log'),
    });

    expect(await crashed.ended).toEqual({ code: 1, signal: null });
    const log = await readFile(path.join(directory, 'log'), 'utf8');
    expect(log).toContain('uncaught error');
    expect(log).toContain('crash.mjs');
    expect(findSecret(log, { KEY })).toEqual([]);
  });
});

const NOBODY_THERE = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: {} }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
});
