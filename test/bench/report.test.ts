import { describe, expect, it } from '@jest/globals';
import { growthChart } from './growth-chart.ts';
import { measured, median, medians } from './measurement.ts';
import type { Result } from './measurement.ts';
import { reportText } from './report.ts';

describe('median', () => {
  it.each([
    { values: [3], expected: 3, why: 'there is only one' },
    { values: [9, 1, 2], expected: 2, why: 'it is in the middle' },
    { values: [4, 1, 3, 100], expected: 3.5, why: 'it is between the two in the middle' },
  ])('of $values is $expected, because $why', ({ values, expected }) => {
    expect(median(values)).toBe(expected);
  });
});

describe('the results of several runs', () => {
  it('are the median of each measurement, where it was taken', () => {
    const runs = [
      [measured('time', 1, 's'), measured('writes', 4, 'per GpuPod')],
      [measured('time', 9, 's'), measured('writes', 4, 'per GpuPod')],
      [measured('time', 2, 's')],
    ];
    expect(medians(runs)).toEqual([measured('time', 2, 's'), measured('writes', 4, 'per GpuPod')]);
  });
});

const RESULTS: readonly Result[] = [100, 1_000].map((count) => ({
  scenario: 'life',
  count,
  runs: 3,
  measurements: [measured('all Ready', count / 50, 's'), measured('answered <429>', 0.015, 'share')],
}));

describe('the report', () => {
  it('names each measurement with its unit', () => {
    const text = reportText(RESULTS).replaceAll(/ +/g, ' ');
    expect(text).toContain('life, 100 GpuPods, median of 3 runs\n all Ready 2.00 s\n answered <429> 1.5 %');
  });

  it('draws how each measurement grows', () => {
    const chart = growthChart(RESULTS.toReversed());
    expect(chart.match(/<polyline/g)).toHaveLength(2);
    // 100 is at the left end, at a tenth of the height; 1000 is at the right end, at the top.
    expect(chart).toContain('points="56.0,138.4 306.0,34.0"');
    expect(chart).toContain('life: answered &lt;429> (share)');
  });
});
