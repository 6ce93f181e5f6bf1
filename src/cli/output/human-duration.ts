const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface Step {
  /** The step is for durations shorter than this. */
  readonly belowMs: number;
  readonly units: readonly (readonly [name: string, ms: number])[];
}

/** Two units while the second one still says something, as in the column AGE of kubectl. */
const STEPS: readonly Step[] = [
  { belowMs: 2 * MINUTE_MS, units: [['s', SECOND_MS]] },
  {
    belowMs: 10 * MINUTE_MS,
    units: [
      ['m', MINUTE_MS],
      ['s', SECOND_MS],
    ],
  },
  { belowMs: 3 * HOUR_MS, units: [['m', MINUTE_MS]] },
  {
    belowMs: 8 * HOUR_MS,
    units: [
      ['h', HOUR_MS],
      ['m', MINUTE_MS],
    ],
  },
  { belowMs: 2 * DAY_MS, units: [['h', HOUR_MS]] },
  {
    belowMs: 8 * DAY_MS,
    units: [
      ['d', DAY_MS],
      ['h', HOUR_MS],
    ],
  },
  { belowMs: Infinity, units: [['d', DAY_MS]] },
];

/** `45s`, `2m5s`, `3h12m`, `9d`: short, and rounded down. */
export function humanDuration(ms: number): string {
  const step = STEPS.find(({ belowMs }) => ms < belowMs);
  let restMs = Math.max(0, ms);
  const parts = (step?.units ?? []).map(([name, unitMs], at) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    return count === 0 && at > 0 ? '' : `${count}${name}`;
  });
  return parts.join('');
}
