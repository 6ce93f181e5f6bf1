import { describe, expect, it } from '@jest/globals';
import { WatchLength } from '../../src/kubernetes/watch-length.ts';

function afterSilences(count: number): WatchLength {
  const length = new WatchLength();
  for (let silences = 0; silences < count; silences += 1) length.noteSilence();
  return length;
}

function end(length: WatchLength, times: number): void {
  for (let ends = 0; ends < times; ends += 1) length.noteEnd();
}

describe('how long a watch is asked for', () => {
  it.each([
    { silences: 0, seconds: [300, 450] },
    { silences: 1, seconds: [20, 30] },
    { silences: 2, seconds: [8, 12] },
    { silences: 3, seconds: [4, 6] },
    { silences: 9, seconds: [4, 6] },
  ])('after $silences silent ones: $seconds s, from the least on', ({ silences, seconds }) => {
    const length = afterSilences(silences);
    expect([0, 0.5].map((random) => length.seconds(random))).toEqual(seconds);
  });

  it.each([
    { ends: 99, seconds: 4, why: 'what drops them may still be there' },
    { ends: 100, seconds: 8, why: 'a hundred in a row were well' },
    { ends: 300, seconds: 300, why: 'step by step it is as it was' },
    { ends: 1_000, seconds: 300, why: 'it never gets longer than that' },
  ])(
    'after 3 silent ones and $ends that ended in good order: $seconds s, because $why',
    ({ ends, seconds }) => {
      const length = afterSilences(3);
      end(length, ends);
      expect(length.seconds(0)).toBe(seconds);
    },
  );

  it('counts anew after a silence', () => {
    const length = afterSilences(2);
    end(length, 99);
    length.noteSilence();
    end(length, 99);
    expect(length.seconds(0)).toBe(4);
  });
});
