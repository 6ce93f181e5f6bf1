import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDurationMs } from '../../../src/api/common/duration.ts';

describe('parseDurationMs', () => {
  it.each([
    { text: '0s', ms: 0, why: 'one search, and no waiting' },
    { text: '250ms', ms: 250, why: 'ms is one unit, not minutes followed by seconds' },
    { text: '20m', ms: 1_200_000, why: 'the default of provisioningTimeout' },
    { text: '1h30m', ms: 5_400_000, why: 'parts add up' },
    { text: '1h2m3s4ms', ms: 3_723_004, why: 'four parts are the most' },
    { text: '5m5m', ms: 600_000, why: 'a unit twice adds up, as in Go' },
    { text: '99999h', ms: 359_996_400_000, why: 'five digits are the most' },
  ])('reads $text: $why', ({ text, ms }) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    { text: '', why: 'an empty text is no duration' },
    { text: '20', why: 'a number without a unit could mean anything' },
    { text: '-5m', why: 'a timeout cannot be negative' },
    { text: '1d', why: 'the API server knows no days' },
    { text: '1.5h', why: 'no fractions' },
    { text: ' 5m', why: 'no white space' },
    { text: '5m\n', why: 'no line break at the end either' },
    { text: '1h1h1h1h1h', why: 'five parts' },
    { text: '100000s', why: 'six digits' },
    { text: '5M', why: 'units are lower case' },
  ])('refuses "$text": $why', ({ text }) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    { ms: 0, text: '0s', why: 'zero is a value' },
    { ms: 90_000, text: '1m30s', why: 'zero parts are left out' },
    { ms: 3_600_000, text: '1h', why: 'only the largest unit' },
    { ms: 90_061_001, text: '25h1m1s1ms', why: 'no days' },
    { ms: 0.4, text: '0s', why: 'whole milliseconds' },
    { ms: -5, text: '0s', why: 'a past time is 0' },
  ])('writes $ms as $text: $why', ({ ms, text }) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('writes what can be read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 * 3_600_000 }), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
