import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileApiKey, heldApiKey, literalApiKey } from '../../src/prime/api-key.ts';
import type { ApiKeySource } from '../../src/prime/api-key.ts';
import { CANARY_KEY } from './builders.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualClock } from './virtual-clock.ts';

function reveal(source: ApiKeySource): string | undefined {
  const state = source.current();
  return state.kind === 'key' ? state.key.reveal() : undefined;
}

describe('literalApiKey', () => {
  it.each([
    { name: 'as it is', text: CANARY_KEY, expected: CANARY_KEY },
    { name: 'white space around it is trimmed', text: ` \t${CANARY_KEY}\r\n`, expected: CANARY_KEY },
    { name: 'empty is missing', text: '', expected: undefined },
    { name: 'blank is missing', text: ' \n', expected: undefined },
    { name: 'a second line, which would be a second header', text: `${CANARY_KEY}\nx`, expected: undefined },
    { name: 'a control character, which a header cannot hold', text: `a\u0000b`, expected: undefined },
    { name: 'two words', text: 'a b', expected: undefined },
    { name: 'a letter outside ASCII', text: 'schlüssel', expected: undefined },
  ])('$name', ({ text, expected }) => {
    expect(reveal(literalApiKey(text))).toBe(expected);
  });

  it.each([
    { what: 'JSON', text: `{"apiKey":"${CANARY_KEY}"}`, says: 'JSON' },
    { what: 'a JSON text', text: `"${CANARY_KEY}"`, says: 'quotes' },
    { what: 'a key in single quotes', text: `'${CANARY_KEY}'`, says: 'quotes' },
    { what: 'a line of an environment file', text: `PRIME_API_KEY=${CANARY_KEY}`, says: 'NAME=value' },
    { what: 'such a line in quotes', text: `export PRIME_API_KEY="${CANARY_KEY}"`, says: 'NAME=value' },
    {
      what: 'a whole environment file',
      text: `PRIME_API_KEY=${CANARY_KEY}\nPRIME_TEAM_ID=t`,
      says: 'NAME=value',
    },
    { what: 'a header', text: `Bearer ${CANARY_KEY}`, says: 'Bearer' },
    { what: 'a whole header', text: `Authorization: Bearer ${CANARY_KEY}`, says: 'Bearer' },
    { what: 'YAML', text: `api_key: ${CANARY_KEY}`, says: 'YAML' },
    { what: 'a placeholder', text: '$(PRIME_API_KEY)', says: 'placeholder' },
    { what: 'another placeholder', text: '<your-api-key>', says: 'placeholder' },
    { what: 'an address', text: 'https://api.primeintellect.ai', says: 'address' },
    { what: 'base64 of a key', text: Buffer.from(CANARY_KEY).toString('base64'), says: 'base64' },
    { what: 'base64 of a short key', text: 'dGVzdC1rZXk=', says: 'base64' },
    {
      what: 'base64 of a key and a line end',
      text: Buffer.from(`${CANARY_KEY}\n`).toString('base64'),
      says: 'base64',
    },
    { what: 'base64url of a key', text: Buffer.from(CANARY_KEY).toString('base64url'), says: 'base64' },
  ])('refuses $what, and says what it is', ({ text, says }) => {
    const state = literalApiKey(text).current();
    expect(state).toMatchObject({ kind: 'missing', message: expect.stringContaining(says) });
    expect(inspect(state)).not.toContain(CANARY_KEY.slice(4, 14));
  });

  it.each([
    'pit_0123456789abcdef0123456789abcdef01234567',
    'test-key',
    'first-key-0123456789',
    '0123456789abcdef0123456789abcdef',
    'ZXhhbXBsZQzz+/8A7gk3bQ4Ff9aJmM0=',
    'QWxhZGRpbjpvcGVuc2VzYW1lxyz',
    'sk-live/with+signs==',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'aaaaaaaaaaaaaaaa',
  ])('accepts %s, which may be a key', (text) => {
    expect(reveal(literalApiKey(text))).toBe(text);
  });

  it('accepts random keys of every usual alphabet', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(
        Array.from({ length: 24 }, (_, at) => (round * 7919 + at * at * 31 + round * at * 17) % 256),
      );
      for (const text of [
        bytes.toString('hex'),
        bytes.toString('base64'),
        `pit_${bytes.toString('base64url')}`,
      ]) {
        expect(reveal(literalApiKey(text))).toBe(text);
      }
    }
  });

  it('does not repeat the unusable text', () => {
    const state = literalApiKey(`${CANARY_KEY}\n${CANARY_KEY}`).current();

    expect(state.kind).toBe('missing');
    expect(inspect(state, { showHidden: true, depth: 9 })).not.toContain(CANARY_KEY);
  });

  it('does not reveal the key by accident', () => {
    const state = literalApiKey(CANARY_KEY).current();
    const secret = state.kind === 'key' ? state.key : undefined;

    const shown = [
      inspect(state, { showHidden: true, depth: 9 }),
      inspect(secret, { showHidden: true, customInspect: false }),
      JSON.stringify(state),
      String(secret?.toString()),
    ];

    expect(shown.join()).not.toContain(CANARY_KEY);
    expect(secret?.reveal()).toBe(CANARY_KEY);
  });
});

describe('heldApiKey', () => {
  const SUBJECT = 'Key api-key of Secret team-a/prime';

  it('has no key, and says why, until it gets one', () => {
    expect(heldApiKey('Not read yet.').current()).toEqual({
      kind: 'missing',
      message: 'Not read yet.',
      version: 1,
    });
  });

  it.each([
    { name: 'an empty text', text: ' \n', says: 'is empty.' },
    { name: 'JSON', text: '{"key": "x"}', says: 'is JSON' },
    { name: 'an assignment', text: 'PRIME_API_KEY=pit_1', says: 'is an assignment (NAME=value)' },
    { name: 'a text that is too long for a key', text: 'x'.repeat(5_000), says: 'is longer than 4096 bytes' },
  ])('takes $name for a missing key, with the sentence of the key file', ({ text, says }) => {
    const source = heldApiKey('Not read yet.');
    expect(source.use(text, SUBJECT)).toBe(true);
    const state = source.current();
    expect(state).toMatchObject({
      kind: 'missing',
      version: 2,
      message: expect.stringContaining(`${SUBJECT} ${says}`),
    });
  });

  it('changes its version with the key, or with what is wrong with it, and at no other time', () => {
    const source = heldApiKey('Not read yet.');
    const steps = [
      () => source.use(CANARY_KEY, SUBJECT),
      () => source.use(` ${CANARY_KEY}\n`, SUBJECT),
      () => source.lose('Gone.'),
      () => source.lose('Gone.'),
      () => source.use(CANARY_KEY, SUBJECT),
    ];
    expect(steps.map((step) => [step(), source.current().version])).toEqual([
      [true, 2],
      [false, 2],
      [true, 3],
      [false, 3],
      [true, 4],
    ]);
    expect(reveal(source)).toBe(CANARY_KEY);
  });
});

describe('fileApiKey', () => {
  let folder = '';
  let path = '';
  let clock: VirtualClock;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'api-key-'));
    path = join(folder, 'key');
    clock = createVirtualClock();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('uses a new key, and reads the file at most once a second', async () => {
    await writeFile(path, 'first\n');
    const source = fileApiKey(path, clock);
    await writeFile(path, 'second\n');

    expect(reveal(source)).toBe('first');
    await clock.advance(999);
    expect(reveal(source)).toBe('first');
    await clock.advance(1);
    expect(reveal(source)).toBe('second');
  });

  it('increases the version with the content, not with each read', async () => {
    await writeFile(path, 'first');
    const source = fileApiKey(path, clock);
    await clock.advance(5000);
    expect(source.current().version).toBe(1);

    await writeFile(path, ' first \n');
    await clock.advance(5000);
    expect(source.current().version).toBe(1);

    await writeFile(path, 'second');
    await clock.advance(5000);
    expect(source.current().version).toBe(2);
  });

  it('follows the swapped links of a Secret volume', async () => {
    for (const version of ['1', '2']) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'key'), `key-${version}`);
    }
    await symlink('1', join(folder, 'data'));
    const source = fileApiKey(join(folder, 'data', 'key'), clock);
    expect(reveal(source)).toBe('key-1');

    await symlink('2', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'data'));
    await clock.advance(1000);

    expect(reveal(source)).toBe('key-2');
  });

  it('reports a missing file, and uses it when it appears', async () => {
    const source = fileApiKey(path, clock);
    expect(source.current()).toEqual({
      kind: 'missing',
      message: expect.stringMatching(/^The API key file .+key does not exist\. .*keep billing\.$/),
      version: 1,
    });

    await writeFile(path, 'late');
    await clock.advance(1000);
    expect(reveal(source)).toBe('late');

    await rm(path);
    await clock.advance(1000);
    expect(source.current()).toMatchObject({ kind: 'missing', version: 3 });
  });

  it.each([
    { name: 'empty', content: '\n', problem: 'is empty.' },
    {
      name: 'with a second line',
      content: 'a\nb',
      problem: 'contains more than one printable word, so it is not used.',
    },
    {
      name: 'not a key file at all',
      content: 'x'.repeat(5000),
      problem: 'is longer than 4096 bytes, so it is not used.',
    },
  ])('reports a file that is $name as a state', async ({ content, problem }) => {
    await writeFile(path, content);

    expect(fileApiKey(path, clock, 'Do this.').current()).toEqual({
      kind: 'missing',
      message: `The API key file ${path} ${problem} Do this.`,
      version: 1,
    });
  });

  it('reports a folder as a state', () => {
    expect(fileApiKey(folder, clock).current()).toMatchObject({ kind: 'missing' });
  });
});
