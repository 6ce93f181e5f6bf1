import { describe, expect, it } from '@jest/globals';
import { KeyPauses } from '../../../src/accounts/keys/key-pauses.ts';
import type { PauseRule } from '../../../src/accounts/keys/key-pauses.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';

function pausesOf(rule: PauseRule, times: number): readonly number[] {
  const clock = new VirtualClock();
  const pauses = new KeyPauses<string>(clock);
  return Array.from({ length: times }, () => pauses.note('a', 'no', rule).untilMs - clock.monotonicMs());
}

describe('KeyPauses', () => {
  it.each<{ name: string; rule: PauseRule; expected: readonly number[] }>([
    {
      name: 'grow up to five minutes',
      rule: { free: 0 },
      expected: [30_000, 60_000, 120_000, 240_000, 300_000],
    },
    { name: 'begin after the free tries', rule: { free: 1 }, expected: [0, 30_000, 60_000] },
    { name: 'have no end at the bound', rule: { free: 1, bound: 3 }, expected: [0, 30_000, Infinity] },
  ])('$name', ({ rule, expected }) => {
    expect(pausesOf(rule, expected.length)).toEqual(expected);
  });

  it('are of one key, and end with time or success', async () => {
    const clock = new VirtualClock();
    const pauses = new KeyPauses<string>(clock);
    pauses.note('a', 'no', { free: 0 });
    expect(pauses.current('a')).toMatchObject({ failed: 'no', count: 1 });
    expect(pauses.current('b')).toBeUndefined();
    await clock.advance(30_000);
    expect([pauses.current('a'), pauses.countOf('a')]).toEqual([undefined, 1]);
    pauses.clear('a');
    expect(pauses.countOf('a')).toBe(0);
  });

  it('end with the account, and keep no more keys than a cluster has', () => {
    const pauses = new KeyPauses<string>(new VirtualClock());
    for (let key = 0; key <= 10_000; key += 1) pauses.note(String(key), 'no', { free: 0 });
    expect([pauses.countOf('0'), pauses.countOf('1')]).toEqual([0, 1]);
    pauses.forget();
    expect(pauses.current('1')).toBeUndefined();
  });
});
