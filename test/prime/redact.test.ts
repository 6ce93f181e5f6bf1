import { describe, expect, it } from '@jest/globals';
import { redact } from '../../src/prime/redact.ts';
import { findSecret } from '../support/find-secret.ts';

const SECRET = 'hf_canary"4711\nsecond line';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('a server that repeats a secret', () => {
  it.each([
    { name: 'as it is', echo: SECRET },
    { name: 'in one line', echo: 'hf_canary"4711 second line' },
    { name: 'as JSON', echo: JSON.stringify(SECRET) },
    { name: 'as JSON in JSON', echo: JSON.stringify(JSON.stringify(SECRET)) },
    { name: 'in base64', echo: base64(SECRET) },
    { name: 'in the base64 of a longer text', echo: base64(`{"value":"${SECRET}"}`) },
    { name: 'in base64 one byte further', echo: base64(`x{"value":"${SECRET}"}`) },
    { name: 'in base64 two bytes further', echo: base64(`xy{"value":"${SECRET}"}`) },
    { name: 'in hex', echo: Buffer.from(`a${SECRET}`).toString('hex') },
    { name: 'in capital hex', echo: Buffer.from(SECRET).toString('hex').toUpperCase() },
    { name: 'in a URL', echo: encodeURIComponent(SECRET) },
    { name: 'twice, one inside the other', echo: `${SECRET.slice(0, 12)}${SECRET}` },
  ])('is not repeated: $name', ({ echo }) => {
    const text = redact(`value ${echo} is wrong`, [SECRET]);

    expect(findSecret(text, { SECRET })).toEqual([]);
    expect(text).toMatch(/^value .*\[redacted\].* is wrong$/s);
  });

  it.each([
    { name: 'its beginning', echo: 'hf_canary' },
    { name: 'its end', echo: 'ond line' },
    { name: 'without its middle, as validators do', echo: 'hf_canary"4...cond line' },
  ])('is not repeated either when cut to $name', ({ echo }) => {
    const text = redact(`value '${echo}' is wrong`, [SECRET]);

    expect(text).toMatch(/^value '(\[redacted\]|\.\.\.|")+' is wrong$/);
  });
});

describe('redact keeps', () => {
  it.each([
    { name: 'a text without it', text: 'no longer available', secrets: [SECRET] },
    { name: 'a value too short to be a secret', text: 'line 1 of 12', secrets: ['1', '12', ''] },
    { name: 'a text that shares a word with it', text: 'canary', secrets: [SECRET] },
  ])('$name', ({ text, secrets }) => {
    expect(redact(text, secrets)).toBe(text);
  });

  it('nothing of a long secret that begins with a short one', () => {
    expect(redact('sesame-and-more', ['sesame', 'sesame-and-more'])).toBe('[redacted]');
  });
});
