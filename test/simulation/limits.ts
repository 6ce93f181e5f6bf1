import { parseDurationMs } from '../../src/api/common/duration.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import { specOf } from './readings.ts';

/** A status holds whole seconds. */
const ROUNDING_MS = 1_000;
const ROUNDING_USD = 0.01;

/** How long an instance of this GpuPod may live; Infinity without a limit. */
export function lifetimeMs(object: RawObject): number {
  const { maxLifetime } = specOf(object);
  return typeof maxLifetime === 'string' ? (parseDurationMs(maxLifetime) ?? Infinity) : Infinity;
}

/** Whether one of the limits of this GpuPod is reached, by the ledger. `entries`: all its instances, the last one last. */
export function isAtLimit(object: RawObject, entries: readonly LedgerEntry[], nowMs: number): boolean {
  const { maxTotalCost } = specOf(object);
  const createdAtMs = entries.at(-1)?.createdAtMs ?? nowMs;
  const spentUsd = entries.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const isSpent = typeof maxTotalCost === 'number' && spentUsd >= maxTotalCost - ROUNDING_USD;
  return isSpent || nowMs - createdAtMs >= lifetimeMs(object) - ROUNDING_MS;
}

/**
 * A process learns the age of an instance that an earlier one rented from its wall clock, or from the time that the
 * earlier one recorded. Either clock may have been wrong.
 */
export function excusedMs(
  operators: readonly { readonly clock: { readonly largestErrorMs: number } }[],
): number {
  return operators.length < 2 ? 0 : Math.max(...operators.map(({ clock }) => clock.largestErrorMs));
}
