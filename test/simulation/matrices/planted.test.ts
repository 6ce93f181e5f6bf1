import { describe, expect, it, jest } from '@jest/globals';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { Step } from '../../../src/lifecycle/step.ts';
import { CRASHES, runMatrices } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';
import type { PlanNext, Plant } from '../operator-process.ts';
import { ENDING_BUGS, endedByAnswer } from '../planted/termination-bugs.ts';
import { ORDER_BUGS } from '../planted/create-bugs.ts';
import { crashPairs } from './crash-pairs.ts';
import { CLOCKS, LEADERS } from './leaders-and-clocks.ts';
import { BEYOND, LOOKS, ORDERS, REFUSALS, withCrashes } from './provider-faults.ts';
import { TERMINATION_REASONS, PEOPLE, UNOBSERVED } from './stale-state.ts';

// Many lives, and a machine that may be busy with something else.
jest.setTimeout(30 * 60_000);

interface Row {
  readonly bug: string;
  readonly plant: () => Plant;
  readonly matrices: () => readonly Matrix[] | Promise<readonly Matrix[]>;
  readonly oracle: string;
  /** It shows without a strike as well. @default false */
  readonly isPlain?: boolean;
}

/** Processes from the n-th on decide otherwise. */
function fromProcess(number: number, otherwise: (known: Observation, real: PlanNext) => Step): () => Plant {
  return () => {
    let processes = 0;
    return {
      plan: (real) => {
        processes += 1;
        return processes < number ? real : (known) => otherwise(known, real);
      },
    };
  };
}

/** What a person deletes goes at once. */
function releasing(known: Observation, real: PlanNext): Step {
  return known.gpuPod.metadata.deletionTimestamp === undefined
    ? real(known)
    : { kind: 'act', effect: { type: 'release' } };
}

function bugNamed(name: string): () => Plant {
  const bug = [...ORDER_BUGS, ...ENDING_BUGS].find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no bug is called ${name}`);
  return bug.plant;
}

function only(conditions: Parameters<typeof withCrashes>[0], name: string): readonly Matrix[] {
  return withCrashes(conditions).filter((matrix) => matrix.name === name);
}

const BUGS: readonly Row[] = [
  {
    bug: 'after a crash the finalizer goes before the end was seen',
    plant: fromProcess(2, releasing),
    matrices: () => [{ name: 'a calm life', life: () => ({}), strikes: CRASHES }],
    oracle: 'released-while-billing',
  },
  {
    bug: 'after a second crash the finalizer goes before the end was seen',
    plant: fromProcess(3, releasing),
    matrices: async () => await crashPairs(0, 16),
    oracle: 'released-while-billing',
  },
  {
    bug: 'takes one list for the proof of an absence',
    plant: bugNamed('takes one list for the proof of an absence'),
    matrices: () => only(ORDERS, 'create lost, and in no list for 80 s'),
    oracle: 'at-most-one',
    isPlain: true,
  },
  {
    bug: 'leaves a duplicate running',
    plant: bugNamed('leaves a duplicate running'),
    matrices: () => only(BEYOND, 'in no list for 300 s'),
    oracle: 'at-most-one',
  },
  {
    bug: 'after a crash what a person deletes goes at once, whatever became of its machines',
    plant: fromProcess(2, releasing),
    matrices: () => only(REFUSALS, 'the machine fails'),
    oracle: 'released-while-billing',
  },
  {
    bug: 'after a crash the answer to DELETE is taken as the end',
    plant: fromProcess(2, (known, real) => real(endedByAnswer(known))),
    matrices: () => only(LOOKS, 'delete accepted and the pod stays'),
    oracle: 'settles',
  },
  {
    bug: 'writes the create intent again after a conflict',
    plant: bugNamed('writes the create intent again after a conflict'),
    matrices: () => PEOPLE,
    oracle: 'cap',
  },
  {
    bug: 'a failed write of the pod id is swallowed',
    plant: bugNamed('ignores that the write of the pod ID failed'),
    matrices: () => UNOBSERVED.filter(({ name }) => name === 'the API server'),
    oracle: 'settles',
  },
  {
    bug: 'what a person deletes while it is being ended goes at once',
    plant: fromProcess(1, releasing),
    matrices: () =>
      TERMINATION_REASONS.map((matrix) => ({
        ...matrix,
        life: () => ({ ...matrix.life(), mayBeGone: true }),
        strikes: matrix.strikes.filter(({ name }) => name === 'deleted'),
      })),
    oracle: 'released-while-billing',
  },
  {
    bug: 'creates however old the create intent is',
    plant: bugNamed('creates however old the create intent is'),
    matrices: () => LEADERS,
    oracle: 'at-most-one',
  },
  {
    bug: 'takes the age of a create intent from the clock of its writer',
    plant: bugNamed('takes the age of a create intent from the clock of its writer'),
    matrices: () => CLOCKS.filter(({ name }) => name.startsWith('another clock, ')),
    oracle: 'at-most-one',
  },
];

describe('a bug that only shows at some points of a life', () => {
  it.each(BUGS)('$bug: is found, by $oracle', async ({ plant, matrices, oracle, isPlain = false }) => {
    const planted = (await matrices()).map((matrix) => ({
      ...matrix,
      life: () => ({ ...matrix.life(), plant: plant() }),
    }));
    const { failures } = await runMatrices(planted, 1);
    expect(failures).toHaveLength(1);
    const [first = ''] = failures;
    expect(first).toContain(`[${oracle}]`);
    expect(/^[^\n]* at #\d+ /.test(first)).toBe(!isPlain);
  });
});
