import { describe, expect, it } from '@jest/globals';
import {
  ApiConnectionError,
  apiErrorMessage,
  ApiResponseError,
  ApiTimeoutError,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isNotFound,
  isRefusal,
  isRetryable,
  statusError,
  statusObjectError,
} from '../../../src/kubernetes/client/api-errors.ts';

function answer(status: number, reason: string, message = 'words'): string {
  return JSON.stringify({ kind: 'Status', code: status, reason, message });
}

const classes = {
  isNotFound,
  isConflict,
  isAlreadyExists,
  isInvalid,
  isForbidden,
  isGone,
  isRefusal,
  isRetryable,
};

function classesOf(error: unknown): string[] {
  return Object.entries(classes)
    .filter(([, is]) => is(error))
    .map(([name]) => name);
}

describe('error classes', () => {
  it.each([
    { status: 404, reason: 'NotFound', is: ['isNotFound', 'isRefusal'] },
    { status: 409, reason: 'Conflict', is: ['isConflict'] },
    { status: 409, reason: 'AlreadyExists', is: ['isAlreadyExists'] },
    { status: 422, reason: 'Invalid', is: ['isInvalid', 'isRefusal'] },
    { status: 403, reason: 'Forbidden', is: ['isForbidden', 'isRefusal'] },
    { status: 401, reason: 'Unauthorized', is: [] },
    { status: 400, reason: 'BadRequest', is: ['isRefusal'] },
    { status: 410, reason: 'Expired', is: ['isGone'] },
    { status: 410, reason: 'Gone', is: ['isGone'] },
    { status: 408, reason: 'Timeout', is: ['isRetryable'] },
    { status: 429, reason: 'TooManyRequests', is: ['isRetryable'] },
    { status: 500, reason: 'InternalError', is: ['isRetryable'] },
    { status: 503, reason: 'ServiceUnavailable', is: ['isRetryable'] },
    { status: 504, reason: 'Timeout', is: ['isRetryable'] },
  ])('classifies $status $reason as $is', ({ status, reason, is }) => {
    expect(classesOf(statusError(status, answer(status, reason)))).toEqual(is);
  });

  it.each([
    {
      name: 'a broken connection',
      error: new ApiConnectionError({ code: 'ECONNRESET' }),
      is: ['isRetryable'],
    },
    { name: 'a timeout', error: new ApiTimeoutError(10), is: ['isRetryable'] },
    { name: 'an unreadable answer', error: new ApiResponseError('no JSON'), is: ['isRetryable'] },
    { name: 'a bug', error: new TypeError('undefined is no function'), is: [] },
    { name: 'no error', error: undefined, is: [] },
  ])('classifies $name as $is', ({ error, is }) => {
    expect(classesOf(error)).toEqual(is);
  });
});

describe('the status of an answer', () => {
  it('is taken from HTTP when the body is not a Status', () => {
    const error = statusError(502, '<html>'.repeat(1000));

    expect(error).toMatchObject({ status: 502, reason: '', message: 'HTTP status 502' });
  });

  it.each([
    { name: 'seconds in the header', header: '7', body: {}, expected: 7000 },
    {
      name: 'seconds in the body',
      header: undefined,
      body: { details: { retryAfterSeconds: 3 } },
      expected: 3000,
    },
    {
      name: 'a date, because it would compare two clocks',
      header: 'Fri, 01 Jan 2100 00:00:00 GMT',
      body: {},
      expected: undefined,
    },
    { name: 'a negative number', header: '-1', body: {}, expected: undefined },
    { name: 'nothing', header: undefined, body: {}, expected: undefined },
  ])('reads the retry delay from $name', ({ header, body, expected }) => {
    expect(statusError(429, JSON.stringify(body), header).retryAfterMs).toBe(expected);
  });

  it('is taken from the event inside a watch', () => {
    expect(isGone(statusObjectError({ code: 410, reason: 'Expired', message: 'too old' }, 200))).toBe(true);
    expect(statusObjectError('garbage', 500).status).toBe(500);
  });
});

describe('error messages', () => {
  it.each([
    {
      error: statusError(409, answer(409, 'Conflict', 'object has changed')),
      text: '409 Conflict: object has changed',
    },
    { error: statusError(502, ''), text: '502: HTTP status 502' },
    {
      error: new ApiConnectionError({ code: 'ENOTFOUND' }),
      text: 'connection to the API server failed: ENOTFOUND',
    },
    { error: new ApiConnectionError('?'), text: 'connection to the API server failed: UNKNOWN' },
    { error: 'thrown text', text: 'thrown text' },
  ])('are short: $text', ({ error, text }) => {
    expect(apiErrorMessage(error)).toBe(text);
  });

  it('are never longer than 300 characters', () => {
    expect(apiErrorMessage(statusError(422, answer(422, 'Invalid', 'x'.repeat(5000))))).toHaveLength(300);
    expect(apiErrorMessage(new Error('x'.repeat(5000)))).toHaveLength(300);
  });
});
