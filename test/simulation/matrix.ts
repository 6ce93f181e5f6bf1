import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../src/json.ts';
import type { Call, FaultPlan, CallFault, Moment } from './boundary.ts';
import { live } from './life.ts';
import type { LifeOptions, LifeResult, Marks } from './life.ts';
import { withoutOffer } from './oracles.ts';
import type { Simulation } from './simulation.ts';
import { OFFERS } from './simulation-offers.ts';

/** A fault that can occur at one of the calls of a life. */
export interface MatrixFault {
  readonly name: string;
  /** What goes wrong in the call. Created anew for each life. */
  readonly callFaults: (simulation: Simulation) => readonly CallFault[];
  /** The calls in which it can occur. @default all */
  readonly fits?: (call: Call) => boolean;
  /** The last call in which it can occur is the last one by this mark. @default over */
  readonly until?: keyof Marks;
  /** What differs in a life with this fault: how soon a process is replaced, what is allowed. */
  readonly options?: LifeOptions;
  /** @default that of the matrix */
  readonly end?: End;
}

/**
 * The expected status at Ready. `the same`: that of an undisturbed life. `another offer`: the same with
 * another fitting offer at its own price. `adopted`: also what an adopted instance says about itself,
 * without an offer. `its own`: any other.
 */
export type End = 'the same' | 'another offer' | 'adopted' | 'its own';

/** A life and the faults that may occur in it. Each fault occurs at each call, one per life. */
export interface Matrix {
  readonly name: string;
  /**
   * The life without a fault of the matrix, created anew each time because faults have state. It must have
   * no violation either.
   */
  readonly life: () => LifeOptions;
  readonly faults: readonly MatrixFault[];
  /** The first call with a fault. The calls before it are the same in each life. @default 1 */
  readonly from?: (undisturbed: LifeResult) => number;
  /** @default the same */
  readonly end?: End;
}

/** The result of a matrix. */
export interface Report {
  /** The number of failures after which it stops. */
  readonly most: number;
  /** Lives, including those without a fault. */
  lives: number;
  readonly failures: string[];
  /** Labels of the calls in which a fault occurred. */
  readonly faultedCalls: Set<string>;
}

/** More failures would show nothing new. */
const MOST_FAILURES = 5;

/** Runs all lives of some matrices. Stops early after enough failures. */
export async function runMatrices(matrices: Iterable<Matrix>, most = MOST_FAILURES): Promise<Report> {
  const report: Report = { most, lives: 0, failures: [], faultedCalls: new Set() };
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
  for (const { number, call, fault } of points(matrix, undisturbed)) {
    if (report.failures.length >= report.most) return;
    report.faultedCalls.add(call.label);
    const faulted: Case = {
      name: `${name}; ${fault.name} at #${String(number)} ${call.label}`,
      make: () => faultAt(number, fault, { ...life(), ...fault.options }),
      end: fault.end ?? end,
      calm,
    };
    await judged(faulted, report);
  }
}

/** Each call with each fault that can occur in it. */
function points({ faults, from }: Matrix, undisturbed: LifeResult) {
  const { calls, marks } = undisturbed;
  const first = from?.(undisturbed) ?? 1;
  return calls.flatMap((call, index) => {
    const number = index + 1;
    return faults
      .filter(
        ({ until = 'over', fits }) => number >= first && number <= marks[until] && fits?.(call) !== false,
      )
      .map((fault) => ({ number, call, fault }));
  });
}

interface Case {
  readonly name: string;
  readonly make: () => LifeOptions;
  readonly end: End;
  readonly calm: unknown;
}

/** A life takes the same course again. A life that failed runs once more with a trace. */
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

/**
 * An offer of the simulation at its price. An instance that was adopted by what the provider says about it
 * has a price of the market as well.
 */
function isOfMarket(ready: unknown, end: End): boolean {
  const { offer, pricePerHour } = isRecord(ready) ? ready : {};
  const ofPrice = OFFERS.filter(({ prices }) => prices.onDemand === pricePerHour);
  return ofPrice.some(({ cloudId }) => cloudId === offer || (offer === undefined && end === 'adopted'));
}

function faultAt(number: number, { callFaults }: MatrixFault, options: LifeOptions): LifeOptions {
  let simulation: Simulation | undefined;
  const faultPlan: FaultPlan = (call) => [
    ...(options.faultPlan?.(call) ?? []),
    ...(call.number === number && simulation !== undefined ? callFaults(simulation) : []),
  ];
  return {
    ...options,
    faultPlan,
    prepare: (prepared) => {
      simulation = prepared;
      options.prepare?.(prepared);
    },
  };
}

/** Long enough for everything in flight. The ledger shows beforehand what a sweep would find. */
export const QUICK: LifeOptions = { silenceMs: 75_000, isTraced: false };

export const MOMENTS: readonly Moment[] = ['before', 'sent', 'after'];

/** The process dies. */
export const CRASHES: readonly MatrixFault[] = MOMENTS.map((moment) => ({
  name: `crash ${moment}`,
  callFaults: () => [{ kind: 'crash', moment }],
}));

/**
 * Without equivalent crashes: a crash before a call equals a crash after the previous one, unless the call
 * changes something. A sent request arrives in either case.
 */
export const DISTINCT_CRASHES: readonly MatrixFault[] = CRASHES.flatMap((crash) => {
  if (crash.name === 'crash sent') return [];
  return crash.name === 'crash before' ? [{ ...crash, fits: isWrite }] : [crash];
});

/** Whether a call may change something on the other side. */
function isWrite({ label }: Pick<Call, 'label'>): boolean {
  return !/^(?:GET|LIST) /.test(label);
}
