import { plainText } from '../../api/common/plain-text.ts';
import { formatUsd } from '../../offers/money.ts';
import type { UninstallRow, UninstallState } from './uninstall-row.ts';

const HEADERS = ['NAMESPACE', 'NAME', 'INSTANCE', 'PRICE/H', 'SINCE', 'DELETIONPOLICY', 'NOTE'];
const HOURS_PER_DAY = 24;
const MAY_BILL: ReadonlySet<UninstallState> = new Set(['running', 'unknownOutcome', 'unreadable']);

/** The rows as a table for people, one line each, most expensive first. */
export function uninstallTable(rows: readonly UninstallRow[]): string {
  const lines = [HEADERS, ...rows.toSorted(mostExpensiveFirst).map((row) => cellsOf(row))];
  const widths = HEADERS.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  return lines
    .map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** What these GpuPods bill: `They cost 5.20 USD per hour, 124.80 USD per day.` */
export function uninstallCost(rows: readonly UninstallRow[]): string {
  const micros = rows.reduce((sum, { perHour = 0 }) => sum + perHour, 0);
  const unpriced = rows.filter((row) => row.perHour === undefined && MAY_BILL.has(row.state)).length;
  const perDay = micros * HOURS_PER_DAY;
  const sum = `They cost ${formatUsd(micros)} USD per hour, ${formatUsd(perDay)} USD per day`;
  const more = unpriced === 0 ? '' : `, and more: the price of ${unpriced} is unknown`;
  return micros === 0 && unpriced === 0 ? 'They cost nothing yet.' : `${sum}${more}.`;
}

function mostExpensiveFirst(a: UninstallRow, b: UninstallRow): number {
  return (b.perHour ?? 0) - (a.perHour ?? 0);
}

function cellsOf(row: UninstallRow): readonly string[] {
  const { namespace, name, instance, perHour, since, deletionPolicy, note } = row;
  const price = perHour === undefined ? undefined : formatUsd(perHour);
  // Some of it is text of the provider, or of whoever wrote the object.
  return [namespace, name, instance, price, since, deletionPolicy, note ?? ''].map((cell) =>
    plainText(cell ?? '-'),
  );
}
