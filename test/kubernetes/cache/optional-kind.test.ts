import { describe, expect, it } from '@jest/globals';
import { OptionalKind } from '../../../src/kubernetes/cache/optional-kind.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';

function refused(status: number): ApiStatusError {
  return new ApiStatusError(status, 'Some', 'refused');
}

describe('a refused list', () => {
  it.each([
    {
      isOptional: true,
      status: 404,
      forMs: 0,
      isAbsent: true,
      why: 'the API server does not know the kind',
    },
    { isOptional: true, status: 403, forMs: 10_000, isAbsent: true, why: 'the refusal lasts' },
    {
      isOptional: true,
      status: 403,
      forMs: 9_999,
      isAbsent: false,
      why: 'an API server that starts has not read its roles',
    },
    {
      isOptional: true,
      status: 503,
      forMs: 60_000,
      isAbsent: false,
      why: 'the API server says nothing about the kind',
    },
    { isOptional: false, status: 404, forMs: 60_000, isAbsent: false, why: 'the kind must exist' },
  ])(
    'with $status for $forMs ms means absent=$isAbsent, because $why',
    async ({ isOptional, status, forMs, isAbsent }) => {
      const clock = new VirtualClock();
      const kind = new OptionalKind(isOptional, clock);
      kind.isAbsent(refused(status));
      await clock.advance(forMs);
      expect(kind.isAbsent(refused(status))).toBe(isAbsent);
    },
  );

  it('does not mean that a kind is absent that was listed before', () => {
    const kind = new OptionalKind(true, new VirtualClock());
    kind.noteListed();
    expect(kind.isAbsent(refused(404))).toBe(false);
  });
});
