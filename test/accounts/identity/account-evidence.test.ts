import { describe, expect, it } from '@jest/globals';
import type { AccountState } from '../../../src/lifecycle/observation.ts';
import { isSurelyOurs } from '../../../src/accounts/identity/account-evidence.ts';

const SINCE_MS = 1_000;
const ours: AccountState = { kind: 'fits', userId: 'user_1', sinceMs: SINCE_MS };

describe('isSurelyOurs', () => {
  it.each<{ name: string; state: AccountState; beganAtMs: number; expected: boolean; why: string }>([
    {
      name: 'our key',
      state: ours,
      beganAtMs: SINCE_MS,
      expected: true,
      why: 'what it lacks does not exist',
    },
    {
      name: 'a list that began with the earlier key',
      state: ours,
      beganAtMs: SINCE_MS - 1,
      expected: false,
      why: 'it may show another account, and lack all that bills on ours',
    },
    {
      name: 'the key of another account',
      state: { kind: 'changed', userId: 'user_2', message: 'm', sinceMs: SINCE_MS },
      beganAtMs: SINCE_MS,
      expected: false,
      why: 'the same',
    },
    {
      name: 'an unknown key',
      state: { kind: 'unknown' },
      beganAtMs: SINCE_MS,
      expected: false,
      why: 'the same',
    },
    {
      name: 'a key that is not confirmed',
      state: { kind: 'fits', sinceMs: SINCE_MS, unconfirmed: { userId: 'user_1' } },
      beganAtMs: SINCE_MS,
      expected: false,
      why: 'nothing of ours was seen with it',
    },
  ])('is $expected for $name, because $why', ({ state, beganAtMs, expected }) => {
    expect(isSurelyOurs(state, beganAtMs)).toBe(expected);
  });
});
