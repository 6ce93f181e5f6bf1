import { describe, expect, it } from '@jest/globals';
import { Cooldowns } from '../../../src/accounts/holds/cooldowns.ts';
import { offerKey } from '../../../src/offers/offer-key.ts';
import { intent } from '../../support/builders/intent.ts';
import type { CooldownReason } from '../../../src/lifecycle/step.ts';

const MINUTE_MS = 60_000;
const OWNER = { uid: 'uid-1', requestHash: 'h' };
const KEY = offerKey(intent().offer);

/** The minutes of each cooldown. Each failure follows as soon as the previous cooldown is over. */
function minutes(reason: CooldownReason, failures: number): number[] {
  let nowMs = 0;
  const cooldowns = new Cooldowns({
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async () => Promise.resolve(),
  });
  return Array.from({ length: failures }, () => {
    cooldowns.start({ reason, offerKey: KEY }, OWNER);
    const beganAtMs = nowMs;
    while (cooldowns.find(KEY, OWNER) !== undefined) nowMs += MINUTE_MS;
    return (nowMs - beganAtMs) / MINUTE_MS;
  });
}

describe('an offer that fails repeatedly', () => {
  it.each<{ reason: CooldownReason; expected: readonly number[] }>([
    { reason: 'NotCreated', expected: [10, 20, 40, 80, 160, 160] },
    { reason: 'OtherRefusal', expected: [10, 20, 40, 80, 160, 160] },
    { reason: 'NoCapacity', expected: [3, 6, 12, 24, 30, 30] },
    { reason: 'AboveMaxPrice', expected: [10, 10] },
  ])('has cooldowns of $expected minutes after $reason', ({ reason, expected }) => {
    expect(minutes(reason, expected.length)).toEqual(expected);
  });

  it('has a cooldown for this GpuPod only when no instance was created', () => {
    const cooldowns = new Cooldowns({
      nowMs: () => 0,
      monotonicMs: () => 0,
      sleep: async () => Promise.resolve(),
    });
    cooldowns.start({ reason: 'NotCreated', offerKey: KEY }, OWNER);
    expect(cooldowns.find(KEY, OWNER)).toEqual({ reason: 'NotCreated' });
    expect(cooldowns.find(KEY, { ...OWNER, uid: 'uid-2' })).toBeUndefined();
  });
});
