import { describe, expect, it } from '@jest/globals';
import { LocalStates } from '../../../src/controllers/gpupod/local-states.ts';

describe('a GpuPod that this process sees for the first time', () => {
  it.each([
    { key: 'team-a/old', uid: 'listed', expected: true, why: 'it existed before this process led' },
    { key: 'team-a/new', uid: 'new', expected: false, why: 'it was created while this process watched' },
    { key: 'team-b/late', uid: 'late', expected: true, why: 'nobody knows what its namespace held before' },
  ])('may have a past: $expected for $key, because $why', ({ key, uid, expected }) => {
    const localStates = new LocalStates();
    localStates.markFirstList(['listed'], ['team-b']);
    expect(localStates.get(key, uid, 0).inFirstList).toBe(expected);
  });
});
