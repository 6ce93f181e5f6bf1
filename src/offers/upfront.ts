import type { MicroUsd } from './money.ts';

/**
 * More than a year. Nobody rents by more, so a record that states more was edited, and a sum of such charges stays one
 * that a number can hold.
 */
export const MAX_PREPAID_HOURS = 10_000;

/** What is charged in the first hour: all prepaid hours, else one hour. */
export function chargedAtOnce(pricePerHour: MicroUsd, prepaidHours = 0): MicroUsd {
  return Math.max(pricePerHour, Math.ceil(pricePerHour * prepaidHours));
}
