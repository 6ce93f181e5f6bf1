import { describe, expect, it, jest } from '@jest/globals';
import { ATTENDED } from './town/attendant.ts';
import { KINDS } from './town/kinds.ts';
import type { KindName, TownFlags } from './town/kinds.ts';
import { withoutMoney } from './town/market.ts';
import { blowNames, describeTown, drawTown, TEAM_WITHOUT_MONEY } from './town/plan.ts';
import type { TownPlan } from './town/plan.ts';
import { runTown } from './town/town.ts';

// Some hundred lives.
jest.setTimeout(10 * 60_000);

const SIZE = { waves: 2, livesPerWave: 20 };
/** The share of the soak that each run of the tests has; `npm run test:soak` goes on from here. */
const SEEDS = [1, 2, 3, 4, 5, 6];

describe('a town, with many GpuPods and blows drawn from its seed', () => {
  it.each(SEEDS)('breaks no rule: seed %i', async (seed) => {
    const plan = drawTown(seed, SIZE);
    const { violations } = await runTown(plan, { isTraced: false });
    expect(violations.length === 0 ? [] : [...describeTown(plan), ...violations]).toEqual([]);
  });

  it('takes the same course each time, to the last line', async () => {
    const [first, again, other] = [
      await runTown(drawTown(1, SIZE)),
      await runTown(drawTown(1, SIZE)),
      await runTown(drawTown(2, SIZE)),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });
});

const KIND_NAMES = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);

/** Two lives of each kind, and nothing befalls them but that a team has no money. */
function everyKind(flags: TownFlags): TownPlan {
  const lives = KIND_NAMES.flatMap((kind, index) =>
    [1, 2].map((number) => ({ name: `life-${index}-${number}`, kind, atMs: number * 1_000 })),
  );
  const noMoney = { what: 'provider', name: TEAM_WITHOUT_MONEY, rule: withoutMoney(480_000) } as const;
  return {
    seed: 1,
    flags,
    lagMs: 0,
    watchDelayMs: 20,
    restartMs: 17_000,
    isForceful: false,
    installingMs: 0,
    waves: [{ lives, coming: [noMoney], going: [] }],
  };
}

describe('every kind of GpuPod comes to its end', () => {
  it.each<{ readonly why: string; readonly flags: TownFlags }>([
    { why: 'nothing is forbidden', flags: { requireMaxPrice: false } },
    { why: 'each must say its cap', flags: { requireMaxPrice: true } },
    { why: 'there is a ceiling', flags: { requireMaxPrice: false, ceilingUsdPerHour: 3.3 } },
    { why: 'there is a limit for all together', flags: { requireMaxPrice: false, totalUsdPerHour: 400 } },
  ])('$why', async ({ flags }) => {
    const { violations, dealt } = await runTown(everyKind(flags), { isTraced: false });
    expect(violations).toEqual([]);
    // A life that was to be held up and was not has shown nothing.
    expect([...ATTENDED, TEAM_WITHOUT_MONEY].filter((name) => (dealt.get(name) ?? 0) === 0)).toEqual([]);
  });

  it('what a person does for some of them is counted among the blows', () => {
    expect(blowNames()).toEqual(expect.arrayContaining([...ATTENDED, TEAM_WITHOUT_MONEY]));
  });
});
