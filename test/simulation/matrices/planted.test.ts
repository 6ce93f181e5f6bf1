import { describe, expect, it, jest } from '@jest/globals';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { Step } from '../../../src/lifecycle/step.ts';
import { CRASHES, runMatrices } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';
import type { PlanNext, Plant } from '../operator-process.ts';
import { TERMINATION_BUGS, endedByAnswer } from '../planted/termination-bugs.ts';
import { CREATE_BUGS } from '../planted/create-bugs.ts';
import { crashPairs } from './crash-pairs.ts';
import { CLOCKS, LEADERS } from './leaders-and-clocks.ts';
import { BEYOND, INSTANCE_READS, UNKNOWN_OUTCOMES, REFUSALS, withCrashes } from './provider-faults.ts';
import { TERMINATION_REASONS, PEOPLE, UNOBSERVED } from './stale-state.ts';

// Many lives, possibly on a busy host.
jest.setTimeout(30 * 60_000);

interface Row {
  readonly bug: string;
  readonly plant: () => Plant;
  readonly matrices: () => readonly Matrix[] | Promise<readonly Matrix[]>;
  readonly oracle: string;
  /** The bug shows without a fault as well. @default false */
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

/** Releases a deleted GpuPod at once. */
function releasing(known: Observation, real: PlanNext): Step {
  return known.gpuPod.metadata.deletionTimestamp === undefined
    ? real(known)
    : { kind: 'act', effect: { type: 'release' } };
}

/** Decides by the cap of the first decision, whatever a person has written since. */
function keepingFirstCap(): Plant {
  return {
    plan: (real) => {
      let first: number | undefined;
      return (known) => {
        const { spec } = known.gpuPod;
        first ??= spec.maxPrice;
        return real({ ...known, gpuPod: { ...known.gpuPod, spec: { ...spec, maxPrice: first } } });
      };
    },
  };
}

function bugNamed(name: string): () => Plant {
  const bug = [...CREATE_BUGS, ...TERMINATION_BUGS].find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no bug is called ${name}`);
  return bug.plant;
}

function only(conditions: Parameters<typeof withCrashes>[0], name: string): readonly Matrix[] {
  return withCrashes(conditions).filter((matrix) => matrix.name === name);
}

const BUGS: readonly Row[] = [
  {
    bug: 'removes the finalizer after a crash, before the termination is proven',
    plant: fromProcess(2, releasing),
    matrices: () => [{ name: 'a calm life', life: () => ({}), faults: CRASHES }],
    oracle: 'released-while-billing',
  },
  {
    bug: 'removes the finalizer after a second crash, before the termination is proven',
    plant: fromProcess(3, releasing),
    matrices: async () => await crashPairs(0, 16),
    oracle: 'released-while-billing',
  },
  {
    bug: 'takes one list for the proof of an absence',
    plant: bugNamed('takes one list for the proof of an absence'),
    matrices: () => only(UNKNOWN_OUTCOMES, 'create response lost, and in no list for 80 s'),
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
    bug: 'releases a deleted GpuPod at once after a crash, whatever its instances do',
    plant: fromProcess(2, releasing),
    matrices: () => only(REFUSALS, 'the instance fails'),
    oracle: 'released-while-billing',
  },
  {
    bug: 'takes the response to DELETE as the termination after a crash',
    plant: fromProcess(2, (known, real) => real(endedByAnswer(known))),
    matrices: () => only(INSTANCE_READS, 'delete accepted and the instance stays'),
    oracle: 'settles',
  },
  {
    bug: 'keeps the cap that it read first',
    plant: keepingFirstCap,
    matrices: () => PEOPLE,
    oracle: 'cap',
  },
  {
    bug: 'swallows a failed write of the pod ID',
    plant: bugNamed('ignores that the write of the pod ID failed'),
    matrices: () => UNOBSERVED.filter(({ name }) => name === 'the API server'),
    oracle: 'settles',
  },
  {
    bug: 'releases at once a GpuPod that is deleted during a termination',
    plant: fromProcess(1, releasing),
    matrices: () =>
      TERMINATION_REASONS.map((matrix) => ({
        ...matrix,
        life: () => ({ ...matrix.life(), mayBeGone: true }),
        faults: matrix.faults.filter(({ name }) => name === 'deleted'),
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

describe('a bug that shows only at some points of a life', () => {
  it.each(BUGS)('is found by $oracle: $bug', async ({ plant, matrices, oracle, isPlain = false }) => {
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
