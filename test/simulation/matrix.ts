import { isDeepStrictEqual } from 'node:util';
import type { Call, FaultPlan, Mishap, Moment } from './boundary.ts';
import { isRecord } from '../../src/json.ts';
import { live } from './life.ts';
import type { LifeOptions, LifeResult, Marks } from './life.ts';
import { withoutOffer } from './oracles.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { OFFERS } from './world-offers.ts';

/** Something that befalls a life at one of its calls. */
export interface Strike {
  readonly name: string;
  /** What befalls the call; made anew for each life. */
  readonly mishaps: (world: SimulatedWorld) => readonly Mishap[];
  /** Calls that it can befall. @default all */
  readonly fits?: (call: Call) => boolean;
  /** The last call that it can befall is the last one by then. @default over */
  readonly until?: keyof Marks;
  /** What else is different in a life that it befalls: how soon a process is replaced, what is allowed. */
  readonly options?: LifeOptions;
  /** @default that of the matrix */
  readonly end?: End;
}

/**
 * What the status at Ready is like: that of a calm life; the same but for the offer, which is another one that fits at its
 * own price; that, or what an adopted instance says of itself, which names no offer; or another one.
 */
export type End = 'the same' | 'another offer' | 'adopted' | 'its own';

/** A life, and what may befall it: each strike at each call of it, one a life. */
export interface Matrix {
  readonly name: string;
  /** The life without a strike, made anew each time, because faults remember. It must be without fault, too. */
  readonly life: () => LifeOptions;
  readonly strikes: readonly Strike[];
  /** The first call that is struck; those before it are the same in each life. @default 1 */
  readonly from?: (undisturbed: LifeResult) => number;
  /** @default the same */
  readonly end?: End;
}

/** What came of a matrix. */
export interface Report {
  /** Failures after which it stops. */
  readonly most: number;
  /** Lives, those that nothing struck included. */
  lives: number;
  readonly failures: string[];
  /** Labels of the calls that were struck. */
  readonly struck: Set<string>;
}

/** More of them tell nothing new. */
const MOST_FAILURES = 5;

/** Runs all lives of some matrices; stops early when enough have failed. */
export async function runMatrices(matrices: Iterable<Matrix>, most = MOST_FAILURES): Promise<Report> {
  const report: Report = { most, lives: 0, failures: [], struck: new Set() };
  const { ready } = await live(QUICK);
  for (const matrix of matrices) {
    if (report.failures.length >= report.most) break;
    await runMatrix(matrix, ready, report);
  }
  return report;
}

async function runMatrix(matrix: Matrix, calm: unknown, report: Report): Promise<void> {
  const { name, life, end = 'the same' } = matrix;
  const undisturbed = await judged({ name, make: life, end, calm }, report);
  for (const { number, call, strike } of points(matrix, undisturbed)) {
    if (report.failures.length >= report.most) return;
    report.struck.add(call.label);
    const struck: Case = {
      name: `${name}; ${strike.name} at #${String(number)} ${call.label}`,
      make: () => struckAt(number, strike, { ...life(), ...strike.options }),
      end: strike.end ?? end,
      calm,
    };
    await judged(struck, report);
  }
}

/** Each call with each strike that can befall it. */
function points({ strikes, from }: Matrix, undisturbed: LifeResult) {
  const { calls, marks } = undisturbed;
  const first = from?.(undisturbed) ?? 1;
  return calls.flatMap((call, index) => {
    const number = index + 1;
    return strikes
      .filter(
        ({ until = 'over', fits }) => number >= first && number <= marks[until] && fits?.(call) !== false,
      )
      .map((strike) => ({ number, call, strike }));
  });
}

interface Case {
  readonly name: string;
  readonly make: () => LifeOptions;
  readonly end: End;
  readonly calm: unknown;
}

/** A life takes the same course again: what failed is lived once more, to be told line by line. */
async function judged({ name, make, end, calm }: Case, report: Report): Promise<LifeResult> {
  const result = await live({ ...QUICK, ...make() });
  report.lives += 1;
  const problems = [...result.violations, ...differences(result.ready, calm, end)];
  if (problems.length > 0) {
    const { trace } = await live({ ...QUICK, ...make(), isTraced: true });
    report.failures.push([name, ...problems, trace].join('\n'));
  }
  return result;
}

function differences(ready: unknown, calm: unknown, end: End): readonly string[] {
  const snapshot = end === 'the same' ? (status: unknown): unknown => status : withoutOffer;
  const isAlike =
    isDeepStrictEqual(snapshot(ready), snapshot(calm)) && (end === 'the same' || isOfMarket(ready, end));
  return isAlike || end === 'its own'
    ? []
    : [`[same-end] ${JSON.stringify(ready)} is not ${JSON.stringify(calm)}`];
}

/** An offer of the world at its price; what was adopted for what it says of itself has a price of the market as well. */
function isOfMarket(ready: unknown, end: End): boolean {
  const { offer, pricePerHour } = isRecord(ready) ? ready : {};
  const ofPrice = OFFERS.filter(({ prices }) => prices.onDemand === pricePerHour);
  return ofPrice.some(({ cloudId }) => cloudId === offer || (offer === undefined && end === 'adopted'));
}

function struckAt(number: number, { mishaps }: Strike, options: LifeOptions): LifeOptions {
  let world: SimulatedWorld | undefined;
  const faultPlan: FaultPlan = (call) => [
    ...(options.faultPlan?.(call) ?? []),
    ...(call.number === number && world !== undefined ? mishaps(world) : []),
  ];
  return {
    ...options,
    faultPlan,
    prepare: (prepared) => {
      world = prepared;
      options.prepare?.(prepared);
    },
  };
}

/** Long enough for whatever is under way; what a sweep would find stands in the ledger before. */
export const QUICK: LifeOptions = { silenceMs: 75_000, isTraced: false };

export const MOMENTS: readonly Moment[] = ['before', 'sent', 'after'];

/** The process dies. */
export const CRASHES: readonly Strike[] = MOMENTS.map((moment) => ({
  name: `crash ${moment}`,
  mishaps: () => [{ kind: 'crash', moment }],
}));

/**
 * The same without what comes to the same: to die before a call is to die after the one before it, unless the call
 * changes something; and what was sent arrives, whether the process lives to hear of it or not.
 */
export const DISTINCT_CRASHES: readonly Strike[] = CRASHES.flatMap((crash) => {
  if (crash.name === 'crash sent') return [];
  return crash.name === 'crash before' ? [{ ...crash, fits: isWrite }] : [crash];
});

/** Whether a call may change something on the other side. */
function isWrite({ label }: Pick<Call, 'label'>): boolean {
  return !/^(?:GET|LIST) /.test(label);
}
