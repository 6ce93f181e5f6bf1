import type { MicroUsd } from './money.ts';

/** What is charged in the hour of the order: the prepaid hours in full, else one hour. */
export function chargedAtOnce(pricePerHour: MicroUsd, prepaidHours = 0): MicroUsd {
  return Math.max(pricePerHour, Math.ceil(pricePerHour * prepaidHours));
}
