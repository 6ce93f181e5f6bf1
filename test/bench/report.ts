import type { Measurement, Result } from './measurement.ts';

/** The results as a table for a terminal. */
export function reportText(results: readonly Result[]): string {
  return results
    .map(({ scenario, count, runs, measurements }) =>
      [
        `${scenario}, ${String(count)} GpuPods${runs === 1 ? '' : `, median of ${String(runs)} runs`}`,
        ...measurements.map(({ label, ...rest }) => `  ${label.padEnd(50)} ${valueText(rest)}`),
      ].join('\n'),
    )
    .join('\n\n');
}

function valueText({ value, unit }: Omit<Measurement, 'label'>): string {
  switch (unit) {
    case 'share':
      return `${(value * 100).toFixed(1)} %`;
    case 'in all':
      return String(value);
    case 'MiB':
    case 'ms':
      return `${value.toFixed(0)} ${unit}`;
    default:
      return `${value.toFixed(2)} ${unit}`;
  }
}
