import { describe, expect, it } from '@jest/globals';
import { WatchLength } from '../../../src/kubernetes/cache/watch-length.ts';

function afterSilences(count: number): WatchLength {
  const length = new WatchLength();
  for (let silences = 0; silences < count; silences += 1) length.noteSilence();
  return length;
}

function end(length: WatchLength, times: number): void {
  for (let ends = 0; ends < times; ends += 1) length.noteEnd();
}

describe('the length of a watch', () => {
  it.each([
    { silences: 0, seconds: [300, 450] },
    { silences: 1, seconds: [20, 30] },
    { silences: 2, seconds: [8, 12] },
    { silences: 3, seconds: [4, 6] },
    { silences: 9, seconds: [4, 6] },
  ])('is $seconds s after $silences silent watches', ({ silences, seconds }) => {
    const length = afterSilences(silences);
    expect([0, 0.5].map((random) => length.seconds(random))).toEqual(seconds);
  });

  it.each([
    { ends: 99, seconds: 4, why: 'the cause of the silences may still exist' },
    { ends: 100, seconds: 8, why: 'a hundred consecutive watches ended normally' },
    { ends: 300, seconds: 300, why: 'it grows back step by step' },
    { ends: 1_000, seconds: 300, why: 'it has a maximum' },
  ])(
    'is $seconds s after 3 silent watches and $ends that ended normally, because $why',
    ({ ends, seconds }) => {
      const length = afterSilences(3);
      end(length, ends);
      expect(length.seconds(0)).toBe(seconds);
    },
  );

  it('counts from zero after a silence', () => {
    const length = afterSilences(2);
    end(length, 99);
    length.noteSilence();
    end(length, 99);
    expect(length.seconds(0)).toBe(4);
  });
});
