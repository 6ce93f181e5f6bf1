import { expect, it } from '@jest/globals';
import { doubledWaitMs } from '../../src/lifecycle/doubled-wait.ts';

it.each([
  { failures: 1, ms: 1_000, why: 'the first wait is short' },
  { failures: 2, ms: 2_000, why: 'each further failure doubles it' },
  { failures: 5, ms: 16_000, why: 'each further failure doubles it' },
  { failures: 6, ms: 30_000, why: 'it ends at the maximum' },
  { failures: 5_000, ms: 30_000, why: 'no number of failures overflows' },
])('waits $ms ms after $failures failures: $why', ({ failures, ms }) => {
  expect(doubledWaitMs(failures, 1_000, 30_000)).toBe(ms);
});
