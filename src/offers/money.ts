/** US dollars in whole micro-dollars, so that sums are exact: 2.70 USD is 2_700_000. */
export type MicroUsd = number;

const MICROS_PER_USD = 1_000_000;
/**
 * Binary fractions carry an error of about 1e-16 of their value: 4.03 × 1e6 is 4030000.0000000005. A value this close
 * to a whole micro-dollar counts as that micro-dollar.
 */
const RELATIVE_TOLERANCE = 1e-9;

/** A price in USD, rounded up to whole micro-dollars, so that costs are never understated. */
export function priceToMicros(usd: number): MicroUsd {
  return toMicros(usd, Math.ceil);
}

/** A cap in USD, rounded down to whole micro-dollars, so that what may be paid is never overstated. */
export function capToMicros(usd: number): MicroUsd {
  return toMicros(usd, Math.floor);
}

/** Micro-dollars as the JSON number of dollars that the API shows. */
export function microsToUsd(micros: MicroUsd): number {
  return micros / MICROS_PER_USD;
}

/** Micro-dollars for people: at least two decimals, and more only if they are not zero. */
export function formatUsd(micros: MicroUsd): string {
  const [whole = '0', fraction = ''] = (micros / MICROS_PER_USD).toFixed(6).split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}

function toMicros(usd: number, round: (micros: number) => number): MicroUsd {
  const micros = usd * MICROS_PER_USD;
  const nearest = Math.round(micros);
  const isWhole = Math.abs(micros - nearest) <= RELATIVE_TOLERANCE * Math.max(1, Math.abs(micros));
  return isWhole ? nearest : round(micros);
}
