import { describe, expect, it } from '@jest/globals';
import { cleanText, errorText, jsonErrorText } from '../../src/prime/error-text.ts';
import { parseRetryAfter } from '../../src/prime/retry-after.ts';

describe('errorText', () => {
  it.each([
    {
      name: 'this API, 422',
      body: { errors: [{ param: 'body.pod.cloudId', details: 'field required' }, { details: 'second' }] },
      expected: 'body.pod.cloudId: field required; second',
    },
    { name: 'this API, other statuses', body: { detail: 'Not found' }, expected: 'Not found' },
    {
      name: 'a list of details, as other products answer',
      body: { detail: [{ loc: ['body', 'pod', 0], msg: 'Field required' }] },
      expected: 'body.pod.0: Field required',
    },
    {
      name: 'a path with a step that has no text',
      body: { detail: [{ loc: ['body', { toString: 1, valueOf: 1 }, 0], msg: 'Field required' }] },
      expected: 'body.0: Field required',
    },
    { name: 'a list of strings', body: { detail: ['a', 'b'] }, expected: 'a; b' },
    {
      name: 'an inference error',
      body: { error: { message: 'Insufficient balance' } },
      expected: 'Insufficient balance',
    },
    { name: 'error as a string', body: { error: 'broken' }, expected: 'broken' },
    { name: 'message', body: { message: 'broken' }, expected: 'broken' },
    { name: 'the first field with a text', body: { errors: [], detail: '', message: 'm' }, expected: 'm' },
  ])('$name', ({ body, expected }) => {
    expect(errorText(JSON.stringify(body))).toBe(expected);
  });

  it.each([
    { name: 'an empty object', body: {} },
    { name: 'a list', body: [{ detail: 'x' }] },
    { name: 'null', body: null },
    { name: 'a text', body: 'detail' },
    { name: 'a detail that is not a string', body: { detail: 3 } },
    { name: 'a path without a text, and nothing else', body: { detail: [{ loc: [{ toString: 1 }] }] } },
    { name: 'a list without strings', body: { errors: [null, {}, 3] } },
    { name: 'an instance', body: { id: 'p1', name: 'n', status: 'ACTIVE' } },
  ])('finds no JSON error in $name', ({ body }) => {
    expect(jsonErrorText(body)).toBeUndefined();
  });

  it('returns the words of an HTML page', () => {
    expect(cleanText(errorText('<html><h1>502</h1>\r\n<p>Bad Gateway</p></html>'))).toBe('502 Bad Gateway');
  });
});

describe('cleanText', () => {
  it.each([
    {
      name: 'control characters and line ends',
      text: 'a\u0000b\r\n\tc\u001b[31m\u202e',
      expected: 'a b c [31m',
    },
    { name: 'a secret', text: 'token sesame9 is wrong', expected: 'token [redacted] is wrong' },
    { name: 'each occurrence', text: 'sesame9sesame9', expected: '[redacted][redacted]' },
    { name: 'a value too short to be a secret', text: 'line 1', expected: 'line 1' },
  ])('$name', ({ text, expected }) => {
    expect(cleanText(text, ['sesame9', '1'])).toBe(expected);
  });

  it('cuts to 300 characters, the last of them an ellipsis', () => {
    const text = cleanText('ü'.repeat(5000));

    expect(text).toHaveLength(300);
    expect(text.endsWith('ü…')).toBe(true);
  });

  it('does not leave the start of a secret that the cut goes through', () => {
    expect(cleanText(`${'x'.repeat(295)}sesame9`, ['sesame9'])).not.toContain('sesa');
  });

  it('does not cut a character in two', () => {
    expect(cleanText('a' + '😀'.repeat(300)).isWellFormed()).toBe(true);
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.UTC(2026, 10, 23, 10, 0, 0);

  it.each([
    { header: undefined, expected: undefined },
    { header: '', expected: undefined },
    { header: '0', expected: 0 },
    { header: ' 7 ', expected: 7000 },
    { header: '1.5', expected: 1500 },
    { header: '999999999', expected: 600_000 },
    { header: '-5', expected: undefined },
    { header: '5 minutes', expected: undefined },
    { header: 'soon', expected: undefined },
    { header: 'Mon, 23 Nov 2026 10:00:30 GMT', expected: 30_000 },
    { header: 'Monday, 23-Nov-26 10:00:30 GMT', expected: 30_000 },
    { header: 'Mon, 23 Nov 2026 09:00:00 GMT', expected: 0 },
    { header: 'Mon, 23 Nov 2037 09:00:00 GMT', expected: 600_000 },
  ])('$header', ({ header, expected }) => {
    expect(parseRetryAfter(header, nowMs)).toBe(expected);
  });
});
