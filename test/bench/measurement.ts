/** What a number means. Counts are exact. Times mean something only in comparison, so most are ratios. */
export type Unit =
  | 's'
  | 'times'
  | 'times the floor'
  | 'per GpuPod'
  | 'per account and minute'
  | 'per minute'
  | 'in all'
  | 'MiB'
  | 'ms'
  | 'share';

export interface Measurement {
  readonly label: string;
  readonly value: number;
  readonly unit: Unit;
}

/** The result of one scenario with one number of GpuPods. */
export interface Result {
  readonly scenario: string;
  readonly count: number;
  readonly runs: number;
  /** The median of all runs, for each label. */
  readonly measurements: readonly Measurement[];
}

export function measured(label: string, value: number, unit: Unit): Measurement {
  return { label, value, unit };
}

/** The median of each measurement over several runs. A run that lacks a label does not count for it. */
export function medians(runs: readonly (readonly Measurement[])[]): readonly Measurement[] {
  const labels = [...new Set(runs.flat().map(({ label }) => label))];
  return labels.flatMap((label) => {
    const same = runs.flat().filter((one) => one.label === label);
    const [first] = same;
    return first === undefined ? [] : [{ ...first, value: median(same.map(({ value }) => value)) }];
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = sorted.slice(middle - 1, middle + 1);
  return sorted.length % 2 === 0 ? (low + high) / 2 : (sorted[middle] ?? NaN);
}
