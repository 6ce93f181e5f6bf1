import type { MicroUsd } from './money.ts';

/** What is charged in the first hour: all prepaid hours, else one hour. */
export function chargedAtOnce(pricePerHour: MicroUsd, prepaidHours = 0): MicroUsd {
  return Math.max(pricePerHour, Math.ceil(pricePerHour * prepaidHours));
}
