import { describe, expect, it } from '@jest/globals';
import { OptionalKind } from '../../../src/kubernetes/cache/optional-kind.ts';
import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';

function refused(status: number): ApiStatusError {
  return new ApiStatusError(status, 'Some', 'refused');
}

describe('a refused list', () => {
  it.each([
    { isOptional: true, status: 404, isAbsent: true, why: 'the API server does not know the kind' },
    { isOptional: true, status: 403, isAbsent: true, why: 'this account may not list the kind' },
    { isOptional: true, status: 503, isAbsent: false, why: 'the API server says nothing about the kind' },
    { isOptional: false, status: 404, isAbsent: false, why: 'the kind must exist' },
  ])('means absent=$isAbsent with $status, because $why', ({ isOptional, status, isAbsent }) => {
    expect(new OptionalKind(isOptional).isAbsent(refused(status))).toBe(isAbsent);
  });

  it('does not mean that a kind is absent that was listed before', () => {
    const kind = new OptionalKind(true);
    kind.noteListed();
    expect(kind.isAbsent(refused(404))).toBe(false);
  });
});
