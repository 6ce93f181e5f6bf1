import { describe, expect, it } from '@jest/globals';
import { findSecret } from './find-secret.ts';

const SECRET = 'sëcret "4711"\nline/two+?';
const canaries = { token: SECRET };

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const json = JSON.stringify({ value: SECRET });

describe('findSecret finds a secret', () => {
  it.each([
    { name: 'as it is', text: `before ${SECRET} after`, form: 'plain' },
    { name: 'in JSON', text: json, form: 'JSON' },
    {
      name: 'in JSON within JSON, as in the log of a request body',
      text: JSON.stringify({ body: json }),
      form: 'JSON in JSON',
    },
    { name: 'in base64', text: base64(SECRET), form: 'base64' },
    { name: 'in base64 after one byte', text: base64(`:${SECRET}:`), form: 'base64' },
    { name: 'in base64 after two bytes', text: base64(`a:${SECRET}`), form: 'base64' },
    { name: 'in base64 for URLs', text: Buffer.from(`key:${SECRET}`).toString('base64url'), form: 'base64' },
    { name: 'in hex', text: Buffer.from(`x${SECRET}`).toString('hex'), form: 'hex' },
    { name: 'in capital hex', text: Buffer.from(SECRET).toString('hex').toUpperCase(), form: 'hex' },
    { name: 'in a URL', text: `?q=${encodeURIComponent(SECRET)}&x`, form: 'URL' },
    {
      name: 'in a form',
      text: new URLSearchParams({ q: 'a b 4711 words' }).toString(),
      form: 'URL',
      secret: 'a b 4711 words',
    },
  ])('$name', ({ text, form, secret = SECRET }) => {
    expect(findSecret(text, { token: secret })).toEqual([`token (${form})`]);
  });
});

describe('findSecret finds no secret', () => {
  it.each([
    { name: 'in a text without it', text: 'nothing here' },
    { name: 'in its placeholder', text: '{"token":"[redacted]"}' },
    { name: 'in a part of it', text: SECRET.slice(0, 9) },
  ])('$name', ({ text }) => {
    expect(findSecret(text, canaries)).toEqual([]);
  });

  it('and rejects a secret that is too short', () => {
    expect(() => findSecret('', { token: 'short' })).toThrow('too short');
  });
});
