import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_LENGTH } from '../../src/api/common/message.ts';
import { withWayOut } from '../../src/lifecycle/way-out.ts';

describe('withWayOut', () => {
  it.each([
    {
      reason: 'Unauthorized',
      message: 'GET /pods/: the provider answered 401: Invalid API key',
      says: 'Replace the API key',
      why: 'the provider does not say what to do',
    },
    {
      reason: 'PaymentRequired',
      message: 'POST /pods/: the provider answered 402: Insufficient funds',
      says: 'Top up the wallet',
      why: 'the same',
    },
    {
      reason: 'ApiUnavailable',
      message: 'GET /availability/gpus: no answer from the provider (ECONNREFUSED).',
      says: 'The operator retries; running instances keep billing.',
      why: 'a reader at night wants to know whether to act',
    },
    {
      reason: 'Unauthorized',
      message: `POST /pods/: the provider answered 401: ${'no '.repeat(200)}`,
      says: 'Replace the API key',
      why: 'a long answer must not push it out of the message',
    },
  ] as const)('adds to $reason "$says", because $why', ({ reason, message, says }) => {
    const whole = withWayOut({ reason, message });
    expect(whole).toContain(says);
    expect(whole).toContain(message.slice(0, 40));
    expect(`Nothing is rented yet. ${whole}`.length).toBeLessThan(MAX_MESSAGE_LENGTH);
  });

  it.each([
    {
      reason: 'Unauthorized',
      message: 'The API key may not register the SSH key of spec.ssh. Give it the permission.',
      why: 'it says what to do',
    },
    {
      reason: 'RateLimited',
      message: 'GET /pods/: the provider answered 429',
      why: 'there is nothing to do',
    },
  ] as const)('leaves "$message" as it is, because $why', ({ reason, message }) => {
    expect(withWayOut({ reason, message })).toBe(message);
  });
});
