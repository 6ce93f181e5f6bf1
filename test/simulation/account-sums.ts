import { numberAt, recordAt } from '../../src/json.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import type { Journal } from './journal.ts';
import { OPERATOR } from './payer-book.ts';
import type { PayerBook, PayingIntent } from './payer-book.ts';

type Limits = Readonly<Record<string, unknown>>;
type Paid = LedgerEntry & { readonly intent: PayingIntent };

/** What a limit on a sum counts per instance. */
const MEASURES = [
  ['maxInstances', (_entry: LedgerEntry): number => 1],
  ['maxGpus', ({ gpuCount }: LedgerEntry): number => gpuCount],
  ['maxPricePerHour', ({ createdPriceHr }: LedgerEntry): number => createdPriceHr],
] as const;

/**
 * No create exceeds a limit of the account that pays: by the ledger, with every instance that still bills at that
 * moment, retained, force-released and orphaned ones included. A limit that a person changed meanwhile counts at its
 * highest, because what was begun under it may arrive later.
 */
export function judgeAccountLimits(
  entries: readonly LedgerEntry[],
  payers: PayerBook,
  journal: Pick<Journal, 'addViolation'>,
): void {
  const paid = entries.flatMap((entry): readonly Paid[] => {
    const intent = payers.intents.get(entry.name);
    return intent === undefined || intent.account === OPERATOR ? [] : [{ ...entry, intent }];
  });
  for (const entry of paid) {
    for (const problem of problemsOf(entry, paid, payers)) {
      journal.addViolation('limits', problem);
    }
  }
}

function problemsOf(entry: Paid, paid: readonly Paid[], payers: PayerBook): readonly string[] {
  const { intent, createdAtMs } = entry;
  const limits = payers.limitsFor(intent.account, intent.writtenAtMs, createdAtMs);
  const together = paid.filter(
    (other) =>
      other.intent.account === intent.account &&
      other.createdAtMs <= createdAtMs &&
      (other.endedAtMs ?? Infinity) > createdAtMs,
  );
  const here = together.filter((other) => other.intent.namespace === intent.namespace);
  return [
    ...singleProblems(entry, limits),
    ...sumProblems(entry, 'limits', limits, together),
    ...sumProblems(
      entry,
      'limits.perNamespace',
      limits.map((one) => recordAt(one, 'perNamespace')),
      here,
    ),
  ];
}

function sumProblems(
  { name, intent }: Paid,
  path: string,
  limits: readonly Limits[],
  together: readonly LedgerEntry[],
): readonly string[] {
  return MEASURES.flatMap(([field, measure]) => {
    const limit = highest(limits, field);
    const sum = together.reduce((total, entry) => total + measure(entry), 0);
    return sum <= limit + 1e-9
      ? []
      : [`with ${name} ${intent.account} has ${String(sum)}, above ${path}.${field} ${String(limit)}`];
  });
}

function singleProblems(
  { name, intent, createdPriceHr, maxPrice, gpuType }: Paid,
  limits: readonly Limits[],
): readonly string[] {
  const most = highest(limits, 'maxPrice');
  const allowed = limits.map(({ gpuTypes }) => gpuTypes);
  const isOfType =
    limits.length === 0 || allowed.some((types) => !Array.isArray(types) || types.includes(gpuType));
  return [
    ...(createdPriceHr <= most + 1e-9
      ? []
      : [
          `${name} of ${intent.account} costs ${String(createdPriceHr)} USD/h, above limits.maxPrice ${String(most)}`,
        ]),
    ...((maxPrice ?? Infinity) <= most + 1e-9 || most === Infinity
      ? []
      : [
          `the cap ${String(maxPrice)} of ${name} is above limits.maxPrice ${String(most)} of ${intent.account}`,
        ]),
    ...(isOfType ? [] : [`${name} of ${intent.account} is a ${gpuType}, which limits.gpuTypes excludes`]),
  ];
}

/** The highest value of a limit; Infinity if it was absent at some moment. */
function highest(limits: readonly Limits[], field: string): number {
  return Math.max(
    ...limits.map((one) => numberAt(one, field) ?? Infinity),
    limits.length === 0 ? Infinity : -Infinity,
  );
}
