import { describe, expect, it } from '@jest/globals';
import type { Log } from '../../src/kubernetes/log.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { LogLevel } from '../../src/observability/logger.ts';
import { Secret } from '../../src/prime/api-key.ts';

const CANARY = 'canary-0123456789';

function createLog(level: LogLevel = 'info') {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log: Log = createLogger({ level, version: '1.2.3', destination });
  return { log, lines, read: (): unknown => JSON.parse(lines[0] ?? '') };
}

describe('createLogger', () => {
  it('writes one JSON line with level, ISO time, service, version, fields and message', () => {
    const { log, read } = createLog();

    log.warn({ namespace: 'ml', key: 'ml/train-1' }, 'list failed');

    expect(read()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'gpupod-operator',
      version: '1.2.3',
      namespace: 'ml',
      key: 'ml/train-1',
      msg: 'list failed',
    });
  });

  it.each([
    { level: 'debug', count: 4 },
    { level: 'warn', count: 2 },
    { level: 'silent', count: 0 },
  ] as const)('writes $count of four lines at level $level', ({ level, count }) => {
    const { log, lines } = createLog(level);

    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');

    expect(lines).toHaveLength(count);
  });

  it.each([
    { name: 'a key', fields: { apiKey: CANARY } },
    { name: 'a header in any case', fields: { headers: { Authorization: CANARY }, AUTHORIZATION: CANARY } },
    { name: 'the environment', fields: { env: { PRIME_API_KEY: CANARY } } },
    { name: 'variables of a request', fields: { request: { envVars: [{ key: 'HF', value: CANARY }] } } },
    { name: 'a password five levels down', fields: { a: { b: { c: { d: { jupyter_password: CANARY } } } } } },
    { name: 'a token in a list', fields: { items: [{ token: CANARY }] } },
    { name: 'a wrapped secret under any name', fields: { value: new Secret(CANARY) } },
    { name: 'anything very deep', fields: { a: { b: { c: { d: { e: { f: { g: { h: CANARY } } } } } } } } },
  ])('does not write $name', ({ fields }) => {
    const { log, lines } = createLog();

    log.info(fields, 'message');

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CANARY);
  });

  it('writes an error under any name with its causes, and without the request that is attached to it', () => {
    const { log, lines, read } = createLog();
    const cause = Object.assign(new TypeError('inner'), { request: { url: CANARY } });
    const error = Object.assign(new Error('outer', { cause }), {
      code: 'ECONNRESET',
      options: { headers: { authorization: CANARY } },
      response: { text: CANARY },
    });

    log.error({ err: error, nested: { problem: error } }, 'request failed');

    const expected = {
      type: 'Error',
      message: 'outer',
      code: 'ECONNRESET',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { type: 'TypeError', message: 'inner', stack: expect.anything() },
    };
    expect(read()).toMatchObject({ err: expected, nested: { problem: expected } });
    expect(lines[0]).not.toContain(CANARY);
  });

  it('escapes characters that a terminal interprets and JSON leaves unchanged', () => {
    const { log, lines, read } = createLog();
    const hostile = 'a\u009B31m\u202Eb\u001B\u007F';

    log.error({ problem: hostile, err: new Error(hostile), list: [hostile] }, 'message');

    expect(lines[0]).toMatch(/^[ -~]+\n$/);
    const shown = 'a\\u009b31m\\u202eb\u001B\\u007f';
    expect(read()).toMatchObject({ problem: shown, err: { message: shown }, list: [shown] });
  });

  it('copes with errors that are their own cause', () => {
    const { log, lines } = createLog();
    const error = new Error('snake');
    error.cause = error;

    log.error({ err: error }, 'message');

    expect(lines).toHaveLength(1);
  });
});
