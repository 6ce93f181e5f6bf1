import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import { FRESH_STATUS } from '../../api/gpupod/status.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { recordAt, stringAt } from '../../json.ts';
import type { RawObject } from '../../kubernetes/objects.ts';
import { accruedUsd } from '../../lifecycle/status/accrual.ts';
import { attemptsCostOf } from '../../lifecycle/status/attempts.ts';
import { uninstallRowOf } from '../../lifecycle/uninstall/uninstall-row.ts';
import type { UninstallState } from '../../lifecycle/uninstall/uninstall-row.ts';
import { priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { compareText } from '../../offers/rejections.ts';

/** What one GpuPod costs. Undefined is unknown, or does not apply. */
export interface CostRow {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  /** The pod ID. For an unknown outcome, the name that the instance would have. */
  readonly instance: string | undefined;
  /** Whether something bills, or may bill. */
  readonly bills: boolean;
  /** What the instance bills now, as the provider states it, or else as it was computed. */
  readonly perHour: MicroUsd | undefined;
  /** What the present instance has cost until now. */
  readonly accrued: MicroUsd | undefined;
  /** What the ended attempts cost together. */
  readonly earlier: MicroUsd;
  readonly expiresAt: string | undefined;
  readonly gpu: string | undefined;
  readonly provider: string | undefined;
  readonly since: string | undefined;
  /** Why a number is missing, or what it leaves open. */
  readonly note: string | undefined;
}

const BILLING: ReadonlySet<UninstallState> = new Set(['running', 'unknownOutcome', 'unreadable']);

/**
 * The cost of a GpuPod, as the API server sent it, at this wall time. `status.cost.accrued` is only as new as the last
 * write of the status, so the amount is brought up to now in the same way as the operator does it.
 */
export function costRowOf(object: RawObject, wallMs: number): CostRow {
  const { namespace, name, state, ...known } = uninstallRowOf(object, { allowRetain: true });
  const parsed = parseGpuPod(object);
  const status = parsed.kind === 'ok' ? parsed.gpuPod.status : FRESH_STATUS;
  const phase = stringAt(recordAt(object, 'status'), 'phase') ?? 'Pending';
  const earlier = priceToMicros(attemptsCostOf(status));
  const { instance, perHour, since, note } = known;
  return BILLING.has(state)
    ? {
        namespace,
        name,
        phase,
        earlier,
        bills: true,
        instance,
        perHour,
        since,
        note,
        ...factsOf(status, wallMs),
      }
    : { namespace, name, phase, earlier, bills: false, ...NOTHING };
}

type StatusFacts = Pick<CostRow, 'accrued' | 'expiresAt' | 'gpu' | 'provider'>;

function factsOf(status: GpuPodStatus, wallMs: number): StatusFacts {
  const accrued = status.podId === undefined ? undefined : accruedUsd(status, wallMs);
  const { gpuType, gpuCount = 1, provider } = status.offer ?? {};
  return {
    accrued: accrued === undefined ? undefined : priceToMicros(accrued),
    expiresAt: status.expiresAt,
    gpu: gpuType === undefined ? undefined : `${gpuCount} × ${gpuType}`,
    provider,
  };
}

/** A status keeps what it recorded of an instance that has ended. */
const NOTHING = {
  instance: undefined,
  perHour: undefined,
  since: undefined,
  note: undefined,
  accrued: undefined,
  expiresAt: undefined,
  gpu: undefined,
  provider: undefined,
};

/** The sums over all rows. */
export interface CostTotal {
  /** Instances that bill, or may bill. */
  readonly instances: number;
  readonly perHour: MicroUsd;
  readonly accrued: MicroUsd;
  readonly earlier: MicroUsd;
  /** Instances of unknown price, which the sums do not contain. */
  readonly unpriced: number;
}

export function totalOf(rows: readonly CostRow[]): CostTotal {
  const sum = (part: (row: CostRow) => MicroUsd | undefined): MicroUsd =>
    rows.reduce((total, row) => total + (part(row) ?? 0), 0);
  const billing = rows.filter(({ bills }) => bills);
  return {
    instances: billing.length,
    perHour: sum(({ perHour }) => perHour),
    accrued: sum(({ accrued }) => accrued),
    earlier: sum(({ earlier }) => earlier),
    unpriced: billing.filter(({ perHour }) => perHour === undefined).length,
  };
}

export const SORT_KEYS = ['name', 'price', 'accrued', 'expires'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Most expensive first, first to expire first; equal rows by namespace and name. */
export function sortRows(rows: readonly CostRow[], by: SortKey): readonly CostRow[] {
  const value: Readonly<Record<SortKey, (row: CostRow) => number>> = {
    name: () => 0,
    price: ({ perHour }) => -(perHour ?? -1),
    accrued: ({ accrued }) => -(accrued ?? -1),
    expires: ({ expiresAt }) => (expiresAt === undefined ? Number.MAX_VALUE : Date.parse(expiresAt)),
  };
  return rows.toSorted((a, b) => value[by](a) - value[by](b) || compareText(keyOf(a), keyOf(b)));
}

function keyOf({ namespace, name }: CostRow): string {
  return `${namespace}/${name}`;
}
