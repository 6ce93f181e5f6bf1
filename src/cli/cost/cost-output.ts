import { formatUsd, microsToUsd } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { countOf } from '../../offers/offer-text.ts';
import { humanDuration } from '../output/human-duration.ts';
import type { Output } from '../output/output-format.ts';
import { table } from '../output/table.ts';
import type { Column } from '../output/table.ts';
import { totalOf } from './cost-row.ts';
import type { CostRow, CostTotal } from './cost-row.ts';

const HOURS_PER_DAY = 24;
const MICROS_PER_CENT = 10_000;

interface CostView {
  readonly rows: readonly CostRow[];
  readonly wallMs: number;
  readonly hasNamespaces: boolean;
}

/** The rows with their total, for people and for programs. */
export function costOutput(view: CostView): Output {
  const total = totalOf(view.rows);
  return {
    text: (isWide) => `${table(columnsOf(view, isWide), view.rows)}\n\n${totalText(total)}`,
    data: {
      currency: 'USD',
      computedAt: new Date(view.wallMs).toISOString(),
      items: view.rows.map(rowData),
      total: totalData(total),
    },
  };
}

function columnsOf({ wallMs, hasNamespaces }: CostView, isWide: boolean): readonly Column<CostRow>[] {
  return [
    ...(hasNamespaces ? [{ title: 'NAMESPACE', cell: ({ namespace }: CostRow) => namespace }] : []),
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'PHASE', cell: ({ phase }) => phase },
    { title: 'INSTANCE', cell: ({ instance }) => instance },
    { title: '$/H', cell: ({ perHour, bills }) => amount(perHour, bills, formatUsd) },
    { title: 'ACCRUED', cell: ({ accrued, bills }) => amount(accrued, bills, formatCents) },
    { title: 'EARLIER', cell: ({ earlier }) => (earlier === 0 ? undefined : formatCents(earlier)) },
    { title: 'EXPIRES', cell: ({ expiresAt }) => untilText(expiresAt, wallMs) },
    ...(isWide ? WIDE : []),
  ];
}

const WIDE: readonly Column<CostRow>[] = [
  { title: 'GPU', cell: ({ gpu }) => gpu },
  { title: 'PROVIDER', cell: ({ provider }) => provider },
  { title: 'SINCE', cell: ({ since }) => since },
  { title: 'NOTE', cell: ({ note }) => note },
];

/** Something that bills has a price, even if nobody states it. */
function amount(
  micros: MicroUsd | undefined,
  bills: boolean,
  format: (micros: MicroUsd) => string,
): string | undefined {
  return micros === undefined ? (bills ? '<unknown>' : undefined) : format(micros);
}

/** Rounded up to whole cents, so that costs are never understated. */
function formatCents(micros: MicroUsd): string {
  return formatUsd(Math.ceil(micros / MICROS_PER_CENT) * MICROS_PER_CENT);
}

function untilText(expiresAt: string | undefined, wallMs: number): string | undefined {
  const restMs = Date.parse(expiresAt ?? '') - wallMs;
  return Number.isNaN(restMs) ? undefined : restMs <= 0 ? 'now' : `in ${humanDuration(restMs)}`;
}

function totalText({ instances, perHour, accrued, earlier, unpriced }: CostTotal): string {
  const perDay = formatCents(perHour * HOURS_PER_DAY);
  const parts = [
    `Total: ${countOf(instances, 'instance')}, ${formatUsd(perHour)} USD per hour, ${perDay} USD per day`,
    `${formatCents(accrued)} USD accrued`,
    ...(earlier === 0 ? [] : [`${formatCents(accrued + earlier)} USD with earlier attempts`]),
  ];
  const more = unpriced === 0 ? '' : ` And more: the price of ${countOf(unpriced, 'instance')} is unknown.`;
  return `${parts.join('; ')}.${more}`;
}

function rowData(row: CostRow): Record<string, unknown> {
  const { namespace, name, phase, instance, expiresAt, gpu, provider, since, note } = row;
  return {
    namespace,
    name,
    phase,
    instance,
    bills: row.bills,
    pricePerHour: dollars(row.perHour),
    accrued: dollars(row.accrued),
    earlierAttempts: microsToUsd(row.earlier),
    expiresAt,
    gpu,
    provider,
    since,
    note,
  };
}

function totalData({ instances, perHour, accrued, earlier, unpriced }: CostTotal): Record<string, unknown> {
  return {
    instances,
    pricePerHour: microsToUsd(perHour),
    accrued: microsToUsd(accrued),
    earlierAttempts: microsToUsd(earlier),
    unpriced,
  };
}

function dollars(micros: MicroUsd | undefined): number | undefined {
  return micros === undefined ? undefined : microsToUsd(micros);
}
