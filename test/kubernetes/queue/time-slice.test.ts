import { beforeEach, describe, expect, it } from '@jest/globals';
import { TimeSlice } from '../../../src/kubernetes/queue/time-slice.ts';
import { turn } from '../support/until.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let clock: VirtualClock;
let resumed: number;
let slice: TimeSlice;

beforeEach(() => {
  clock = new VirtualClock();
  resumed = 0;
  slice = new TimeSlice(clock, () => {
    resumed += 1;
  });
});

/** Asks at the start of a slice, and again after this much work. */
function isOverAfter(...workMs: readonly number[]): readonly boolean[] {
  const answers = [slice.isOver()];
  for (const ms of workMs) {
    clock.jump(ms);
    answers.push(slice.isOver());
  }
  return answers;
}

describe('a time slice', () => {
  it.each<{ name: string; workMs: readonly number[]; over: readonly boolean[]; resumes: number }>([
    { name: 'begins with the first question', workMs: [], over: [false], resumes: 0 },
    { name: 'goes on while little time has passed', workMs: [3, 4], over: [false, false, false], resumes: 0 },
    { name: 'is over after eight milliseconds', workMs: [7, 1], over: [false, false, true], resumes: 1 },
    { name: 'is over after one long piece of work', workMs: [5_000], over: [false, true], resumes: 1 },
    {
      name: 'stays over until the next turn of the event loop, and resumes once',
      workMs: [8, 0, 20],
      over: [false, true, true, true],
      resumes: 1,
    },
  ])('$name', async ({ workMs, over, resumes }) => {
    expect(isOverAfter(...workMs)).toEqual(over);
    expect(resumed).toBe(0);

    await turn();

    expect(resumed).toBe(resumes);
  });

  it('is followed by a new one after a turn of the event loop', async () => {
    isOverAfter(8);
    await turn();

    clock.jump(1_000);
    expect(isOverAfter(7)).toEqual([false, false]);
    await turn();
    expect(resumed).toBe(1);

    expect(isOverAfter(8)).toEqual([false, true]);
    await turn();
    expect(resumed).toBe(2);
  });

  it('does not count the time in which the loop was idle', async () => {
    isOverAfter(1);
    await turn();
    clock.jump(60_000);

    expect(slice.isOver()).toBe(false);
    await turn();
  });

  it('may be asked again by the work that it resumes', async () => {
    const answers: boolean[] = [];
    slice = new TimeSlice(clock, () => {
      resumed += 1;
      // Without this bound a slice that resumes too often would never let the test end.
      if (resumed < 3) answers.push(slice.isOver());
    });
    isOverAfter(8);

    await turn();
    await turn();

    expect(answers).toEqual([false]);
    expect(resumed).toBe(1);
  });
});
