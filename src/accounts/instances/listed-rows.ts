import type { InstanceSnapshot } from '../../lifecycle/provider.ts';
import { joinRows } from '../../lifecycle/same-instance.ts';

/** An instance as a list shows it. */
export interface ListedRow {
  readonly instance: InstanceSnapshot;
  /** Monotonic time before that list began. */
  readonly beganAtMs: number;
  /** Monotonic time at which that list had been read. */
  readonly readAtMs: number;
}

/** The result of one list over several wallets. */
export interface InventoryResult {
  readonly beganAtMs: number;
  readonly instances: readonly InstanceSnapshot[];
}

/** The same, where an instance may be as another list showed it. */
export interface DatedInventoryResult extends InventoryResult {
  /** By ID: the monotonic time before the list that shows the instance as it is here. */
  readonly shownAtMs: ReadonlyMap<string, number>;
}

/** By ID. */
export type ListedRows = ReadonlyMap<string, ListedRow>;

/**
 * The later one of two rows with the same ID. Of two lists that were read at the same time, neither is later. The result
 * is then as old as the older one.
 */
export function laterRow(one: ListedRow | undefined, other: ListedRow): ListedRow {
  if (one === undefined || isBefore(one, other.beganAtMs)) {
    return other;
  }
  return isBefore(other, one.beganAtMs)
    ? one
    : {
        instance: joinRows(one.instance, other.instance),
        beganAtMs: Math.min(one.beganAtMs, other.beganAtMs),
        readAtMs: Math.max(one.readAtMs, other.readAtMs),
      };
}

/** Whether a list that began at this time is surely later than the row. */
export function isBefore({ beganAtMs, readAtMs }: ListedRow, atMs: number): boolean {
  return beganAtMs < atMs && readAtMs <= atMs;
}

export function datedResult(rows: readonly ListedRow[], beganAtMs: number): DatedInventoryResult {
  const shownAtMs = new Map(rows.map((row) => [row.instance.podId, row.beganAtMs]));
  return { beganAtMs, instances: rows.map(({ instance }) => instance), shownAtMs };
}

/** The rows of all wallets. Wallets that show the same instance have the same row of it. */
export function allRows(states: readonly { readonly rows: ListedRows }[]): ListedRows {
  const [only, ...others] = states;
  return only !== undefined && others.length === 0
    ? only.rows
    : new Map(states.flatMap(({ rows }) => [...rows]));
}

/** The same rows, with some instances in another form. */
export function withInstances(rows: ListedRows, instances: readonly InstanceSnapshot[]): ListedRows {
  const changed = new Map(rows);
  for (const instance of instances) {
    const row = rows.get(instance.podId);
    if (row !== undefined) {
      changed.set(instance.podId, { ...row, instance });
    }
  }
  return changed;
}
