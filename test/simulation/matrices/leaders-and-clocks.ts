import type { LifeOptions } from '../life.ts';
import { CRASHES, DISTINCT_CRASHES } from '../matrix.ts';
import type { Matrix, MatrixFault } from '../matrix.ts';
import { hiddenFor } from '../provider-faults.ts';
import type { Simulation } from '../simulation.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LEASE_MS = 15_000;
/** A standby takes over when the lease has expired. */
const TAKE_OVER_MS = 17_000;
/** A process that resumes notices only then that another one leads. */
const FINDS_OUT_MS = 5_000;
const FROZEN_MS = 3 * LEASE_MS;
/** Longer than the proof that a create request created nothing. */
const LONG_MS = 4 * MINUTE_MS;

const FREEZES: readonly MatrixFault[] = freezes(FROZEN_MS);

function freezes(ms: number): readonly MatrixFault[] {
  return (['before', 'sent'] as const).map((moment) => ({
    name: `frozen for ${String(ms / 1000)} s ${moment}`,
    callFaults: () => [{ kind: 'freeze', moment, ms }],
  }));
}

/** A standby replaces a frozen process. The frozen one resumes, and also leads for a while. */
function replaced(frozenMs: number): readonly MatrixFault[] {
  return freezes(frozenMs).map(({ name, callFaults }) => ({
    name: `${name}, and replaced`,
    callFaults: (simulation) => {
      const stopped = simulation.operators.filter(({ isDead }) => !isDead);
      simulation.time.schedule(TAKE_OVER_MS, () => {
        simulation.replaceOperator();
      });
      simulation.time.schedule(frozenMs + FINDS_OUT_MS, () => {
        for (const operator of stopped) operator.stepDown();
        simulation.replaceOperator();
        simulation.progress.noteFault('second operator stopped', simulation.time.nowMs);
      });
      return callFaults(simulation);
    },
  }));
}

/**
 * Until both processes have the same snapshot of an instance, each overwrites the status of the other. That
 * costs no money, and a Lease lets two lead for seconds only.
 */
function twoLead(options: LifeOptions = {}): () => LifeOptions {
  return () => ({
    passes: Infinity,
    ...options,
    prepare: (simulation) => {
      simulation.startOperator();
    },
  });
}

/** Two processes that both believe that they lead. */
export const LEADERS: readonly Matrix[] = [
  { name: 'one leads', life: () => ({}), faults: [...replaced(FROZEN_MS), ...replaced(LONG_MS)] },
  { name: 'two lead', life: twoLead(), faults: [...FREEZES, ...DISTINCT_CRASHES] },
  {
    name: 'two lead, with a slow watch',
    life: twoLead({ watchDelayMs: 4_000 }),
    faults: [...FREEZES, ...DISTINCT_CRASHES],
  },
];

/** The next process received each create intent when it was written, and counts its deadlines from then. */
export const STANDBYS: readonly Matrix[] = [
  {
    name: 'a standby watches',
    life: () => ({ hasStandby: true }),
    faults: [...DISTINCT_CRASHES, ...replaced(FROZEN_MS), ...replaced(LONG_MS)],
  },
  {
    name: 'a standby with a slow watch, and the instance in no list for 80 s',
    life: () => ({
      hasStandby: true,
      watchDelayMs: 4_000,
      prepare: ({ api }) => {
        api.faults.add({ ...hiddenFor(80_000), times: 1 });
      },
    }),
    faults: [...DISTINCT_CRASHES, ...replaced(FROZEN_MS)],
  },
];

/** The next process runs on a node with another time of day. */
function crashTo(wallMs: number): readonly MatrixFault[] {
  return DISTINCT_CRASHES.map((crash) => ({
    ...crash,
    name: `${crash.name}, the next process has a clock ${wallMs > 0 ? 'an hour ahead' : 'an hour back'}`,
    callFaults: (simulation) => {
      setNextClock(simulation, wallMs);
      return crash.callFaults(simulation);
    },
  }));
}

/** Takes effect as soon as there is a next process. */
function setNextClock(simulation: Simulation, wallMs: number): void {
  const { length } = simulation.operators;
  const set = (): void => {
    const next = simulation.operators[length];
    if (next === undefined) simulation.time.schedule(1_000, set);
    else next.clock.jumpWall(wallMs);
  };
  set();
}

const LOST_FOR_A_WHILE: NonNullable<LifeOptions['prepare']> = ({ api }) => {
  api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
  api.faults.add({ ...hiddenFor(30_000), times: 1 });
};

/** Wrong clocks, and times without a running operator. */
export const CLOCKS: readonly Matrix[] = [
  {
    name: 'half an hour of downtime',
    life: () => ({ restartMs: 30 * MINUTE_MS }),
    faults: CRASHES,
  },
  { name: 'the node sleeps', life: () => ({}), faults: freezes(30 * MINUTE_MS) },
  {
    name: 'another clock, and the instance in no list for 80 s',
    life: () => ({
      prepare: ({ api }) => {
        api.faults.add({ ...hiddenFor(80_000), times: 1 });
      },
    }),
    faults: crashTo(HOUR_MS),
  },
  { name: 'another clock', life: () => ({}), faults: [...crashTo(HOUR_MS), ...crashTo(-HOUR_MS)] },
  ...[2, 0.5].flatMap((clockRate) => [
    {
      name: `clocks at ${String(clockRate)}`,
      life: () => ({ settings: { clockRate } }),
      faults: DISTINCT_CRASHES,
    },
    {
      name: `clocks at ${String(clockRate)}, the response is lost, and the instance in no list for 30 s`,
      life: () => ({ settings: { clockRate }, prepare: LOST_FOR_A_WHILE }),
      faults: DISTINCT_CRASHES,
    },
  ]),
];
