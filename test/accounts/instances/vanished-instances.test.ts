import { describe, expect, it } from '@jest/globals';
import { VanishedInstances } from '../../../src/accounts/instances/vanished-instances.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';

const HOLD_MS = 600_000;

function vanishedAt() {
  const clock = new VirtualClock();
  return { clock, vanished: new VanishedInstances(clock, HOLD_MS) };
}

describe('a round in which instances vanish', () => {
  it.each([
    { name: 'believes that none vanished', followed: 10, suspects: 0, isHolding: false },
    { name: 'believes that the only instance ended', followed: 1, suspects: 1, isHolding: false },
    { name: 'believes three ends, however few there are', followed: 3, suspects: 3, isHolding: false },
    { name: 'does not believe that four of four ended', followed: 4, suspects: 4, isHolding: true },
    { name: 'believes that a fifth of twenty ended', followed: 20, suspects: 4, isHolding: false },
    { name: 'does not believe that more than a fifth ended', followed: 20, suspects: 5, isHolding: true },
    { name: 'believes that a fifth of many ended', followed: 1_000, suspects: 200, isHolding: false },
    { name: 'does not believe a larger share of many', followed: 1_000, suspects: 201, isHolding: true },
  ])('$name', ({ followed, suspects, isHolding }) => {
    const { vanished } = vanishedAt();
    vanished.report(followed, suspects);
    expect(vanished.isHolding()).toBe(isHolding);
  });
});

describe('a hold after mass absence', () => {
  it('is not there before the first round', () => {
    expect(vanishedAt().vanished.isHolding()).toBe(false);
  });

  it('lasts for the hold time', async () => {
    const { clock, vanished } = vanishedAt();
    vanished.report(10, 10);
    await clock.advance(HOLD_MS - 1);
    expect(vanished.isHolding()).toBe(true);
    await clock.advance(1);
    expect(vanished.isHolding()).toBe(false);
  });

  it.each([
    { name: 'shows the same absences, because the hold began with the first', suspects: 10 },
    { name: 'shows no absence, because the wrong answer may come back', suspects: 0 },
  ])('is neither longer nor shorter when a later round $name', async ({ suspects }) => {
    const { clock, vanished } = vanishedAt();
    vanished.report(10, 10);
    await clock.advance(HOLD_MS / 2);
    vanished.report(10, suspects);
    await clock.advance(HOLD_MS / 2 - 1);
    expect(vanished.isHolding()).toBe(true);
    await clock.advance(1);
    expect(vanished.isHolding()).toBe(false);
  });

  it('does not follow another within the hold time, so that the suspects are read one by one', async () => {
    const { clock, vanished } = vanishedAt();
    vanished.report(10, 10);
    for (const waitMs of [HOLD_MS, HOLD_MS / 2, HOLD_MS / 2 - 1]) {
      await clock.advance(waitMs);
      vanished.report(10, 10);
      expect(vanished.isHolding()).toBe(false);
    }
  });

  it('follows another after the hold time has passed twice', async () => {
    const { clock, vanished } = vanishedAt();
    vanished.report(10, 10);
    await clock.advance(2 * HOLD_MS);
    vanished.report(10, 10);
    expect(vanished.isHolding()).toBe(true);
    await clock.advance(HOLD_MS);
    expect(vanished.isHolding()).toBe(false);
  });
});
