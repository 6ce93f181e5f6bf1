import { describe, expect, it, jest } from '@jest/globals';
import type { Plant } from './operator-process.ts';
import { NOT_DONE } from './provider-faults.ts';
import { ATTENDED } from './random-run/attendant.ts';
import { KINDS } from './random-run/kinds.ts';
import type { KindName, RunFlags } from './random-run/kinds.ts';
import { withoutMoney } from './random-run/market.ts';
import { faultNames, describeRun, drawRun, mirrored, TEAM_WITHOUT_MONEY } from './random-run/plan.ts';
import type { RunPlan, Wave } from './random-run/plan.ts';
import { runNeighbours, runOne, executeRun } from './random-run/random-run.ts';

// Some hundred lives.
jest.setTimeout(10 * 60_000);

const SIZE = { waves: 2, livesPerWave: 20 };
/** The share of the soak that each run of the tests has; `npm run test:soak` goes on from here. */
const SEEDS = [10, 20, 30, 40, 50, 60];

/** That of each seed of a soak with a hundred lives a seed. */
const SOAK_SIZE = { waves: 4, livesPerWave: 25 };
/** Seeds with which a soak has found something, in the size that it had. */
const ONCE_FAILED = [
  { seed: 200_010, what: 'a DELETE that was decided with one key left with that of another user' },
  { seed: 210_004, what: 'a GpuPod ended its own instance while its status named that of another for 2 s' },
  {
    seed: 200_157,
    what: 'a person released by force what a forged status named, and not what the GpuPod had',
  },
  { seed: 200_172, what: 'a key that may not say whose it is ordered on the account of another user' },
  { seed: 300_122, what: 'an instance above its cap whose record was taken away was adopted as a ready one' },
  { seed: 300_136, what: 'a sweep that a GpuPod had waited for passed for its deed' },
  { seed: 300_146, what: 'the same, and the instance had been released by force' },
  { seed: 200_092, what: 'the instance of another GpuPod, named in a status for 2 s, was judged as its own' },
];

describe('a town, with many GpuPods and blows drawn from its seed', () => {
  it.each(SEEDS)('breaks no rule, and comes to what it comes to without the blows: seed %i', async (seed) => {
    const plan = drawRun(seed, SIZE);
    const { violations } = await runOne(plan, { isTraced: false });
    expect(violations.length === 0 ? [] : [...describeRun(plan), ...violations]).toEqual([]);
  });

  it.each(ONCE_FAILED)('breaks no rule any more: seed $seed, where $what', async ({ seed }) => {
    const plan = drawRun(seed, SOAK_SIZE);
    const { violations } = await runOne(plan, { isTraced: false });
    expect(violations.length === 0 ? [] : [...describeRun(plan), ...violations]).toEqual([]);
  });

  it.each([3, 4, 6])(
    'leaves the town beside it alone, which rents with the same key: seed %i',
    async (seed) => {
      const plan = drawRun(seed, { waves: 2, livesPerWave: 10 });
      const [{ violations } = { violations: ['no town'] }] = await runNeighbours(plan, mirrored(plan));
      expect(violations.length === 0 ? [] : [...describeRun(plan), ...violations]).toEqual([]);
    },
  );

  it('takes the same course each time, to the last line', async () => {
    const [first, again, other] = [
      await executeRun(drawRun(1, SIZE)),
      await executeRun(drawRun(1, SIZE)),
      await executeRun(drawRun(2, SIZE)),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });
});

const KIND_NAMES = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);

function runOf(wave: Pick<Wave, 'lives' | 'coming'>, flags: RunFlags = { requireMaxPrice: false }): RunPlan {
  return {
    seed: 10,
    flags,
    lagMs: 0,
    watchDelayMs: 20,
    restartMs: 17_000,
    isForceful: false,
    installingMs: 0,
    isCrowded: false,
    prunedFields: [],
    waves: [{ ...wave, going: [] }],
  };
}

/** Two lives of each kind, and nothing befalls them but that a team has no money. */
function everyKind(flags: RunFlags): RunPlan {
  const lives = KIND_NAMES.flatMap((kind, index) =>
    [1, 2].map((number) => ({ name: `life-${index}-${number}`, kind, atMs: number * 1_000 })),
  );
  const noMoney = { what: 'provider', name: TEAM_WITHOUT_MONEY, rule: withoutMoney(480_000) } as const;
  return runOf({ lives, coming: [noMoney] }, flags);
}

describe('every kind of GpuPod comes to its end', () => {
  it.each<{ readonly why: string; readonly flags: RunFlags }>([
    { why: 'nothing is forbidden', flags: { requireMaxPrice: false } },
    { why: 'each must say its cap', flags: { requireMaxPrice: true } },
    { why: 'there is a ceiling', flags: { requireMaxPrice: false, ceilingUsdPerHour: 3.3 } },
    { why: 'there is a limit for all together', flags: { requireMaxPrice: false, totalUsdPerHour: 400 } },
  ])('$why', async ({ flags }) => {
    const { violations, dealt } = await executeRun(everyKind(flags), { isTraced: false });
    expect(violations).toEqual([]);
    // A life that was to be held up and was not has shown nothing.
    expect([...ATTENDED, TEAM_WITHOUT_MONEY].filter((name) => (dealt.get(name) ?? 0) === 0)).toEqual([]);
  });

  it('what a person does for some of them is counted among the blows', () => {
    expect(faultNames()).toEqual(expect.arrayContaining([...ATTENDED, TEAM_WITHOUT_MONEY]));
  });
});

/** What was refused once clings to the status. */
const CLINGING: Plant = {
  plan: (real) => (known) => {
    const step = real(known);
    const wasRefused = (known.gpuPod.status.attempts ?? []).some(({ outcome }) => outcome === 'Refused');
    if (step.kind === 'act' || !wasRefused) return step;
    const conditions = (step.status.conditions ?? []).map((condition) =>
      condition.type === 'Provisioned' ? { ...condition, reason: 'CreateFailed' } : condition,
    );
    return { ...step, status: { ...step.status, conditions } };
  },
};

describe('a town in which something is left of what befell it', () => {
  const refusal = 'create refused: no capacity';
  const rule = NOT_DONE[refusal];
  if (rule === undefined) throw new Error('that refusal is not among the faults');
  const plan = runOf({
    lives: [{ name: 'life-1-1', kind: 'plain', atMs: 0 }],
    coming: [{ what: 'provider', name: refusal, rule }],
  });

  it('is accused by the same town without blows', async () => {
    const { violations } = await runOne(plan, { isTraced: false, plant: CLINGING });
    expect(violations).toEqual([expect.stringMatching(/^\[same-end\] team-a\/life-1-1 is .*CreateFailed/)]);
  });

  it('is not, when nothing is left', async () => {
    expect((await runOne(plan, { isTraced: false })).violations).toEqual([]);
  });
});
