import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan, CallFault } from './boundary.ts';
import { podIdOf } from './readings.ts';
import { removeByForce } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import type { Simulation } from './simulation.ts';
import { copyAcross, settleBoth, twoClusters } from './two-clusters.ts';
import type { TwoClusters } from './two-clusters.ts';

jest.setTimeout(5 * 60_000);

const NAME = 'train-1';

/** What happens in the other cluster with the GpuPod of the first one. */
const CROSSINGS: Readonly<Record<string, (both: TwoClusters) => void>> = {
  'is copied to the other cluster': ({ near, far }) => {
    copyAcross(near, far, NAME);
  },
  'is moved to the other cluster': ({ near, far }) => {
    copyAcross(near, far, NAME);
    near.delete(NAME);
  },
  'is restored in the other cluster, and removed by force in the first': ({ near, far }) => {
    copyAcross(near, far, NAME);
    removeByForce(near, NAME);
  },
};

/** The call of the first cluster during which that happens. */
const POINTS: Readonly<Record<string, string>> = {
  'while its create request is in flight': 'POST /pods/',
  'while its pod ID is written': 'PUT gpupods/status',
  'when it is ready': 'POST secrets',
  'while its instance is being terminated': 'DELETE /pods/{id}',
};

const LOST: FaultRuleInput = { method: 'POST', path: '/pods/', effect: { kind: 'ResetAfter' } };
interface FaultCase {
  readonly rules: readonly FaultRuleInput[];
  /** What else goes wrong in the same call of the first cluster. */
  readonly callFaults: readonly CallFault[];
}
/** What else goes wrong. Both create requests are affected. */
const MORE_FAULTS: Readonly<Record<string, FaultCase>> = {
  'nothing else': { rules: [], callFaults: [] },
  'both create responses are lost, and lists hide both instances for 80 s': {
    rules: [
      { ...LOST, times: 2 },
      { ...hiddenFor(80_000), times: 2 },
    ],
    callFaults: [],
  },
  'the process dies': { rules: [], callFaults: [{ kind: 'crash', moment: 'after' }] },
  'the create response of the other cluster is lost, and the process dies': {
    rules: [{ ...LOST, nth: 2 }],
    callFaults: [{ kind: 'crash', moment: 'sent' }],
  },
};

const CASES = Object.keys(CROSSINGS).flatMap((crossing) =>
  Object.keys(POINTS).flatMap((point) =>
    Object.keys(MORE_FAULTS).map((faults) => ({ crossing, point, faults })),
  ),
);

function at<T>(table: Readonly<Record<string, T>>, name: string): T {
  const row = table[name];
  if (row === undefined) throw new Error(`no such row: ${name}`);
  return row;
}

/** Runs both clusters. Afterwards each wanted GpuPod gets an instance, and the others are released. */
async function cross({ crossing, point, faults }: (typeof CASES)[number]): Promise<TwoClusters> {
  const { rules, callFaults } = at(MORE_FAULTS, faults);
  const label = at(POINTS, point);
  let isDone = false;
  const faultPlan: FaultPlan = (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    const act = (): void => {
      at(CROSSINGS, crossing)(both);
    };
    return [{ kind: 'meanwhile', moment: 'sent', act }, ...callFaults];
  };
  const both: TwoClusters = twoClusters(faultPlan);
  for (const rule of rules) both.near.api.faults.add(rule);
  for (const simulation of [both.near, both.far]) simulation.startOperator();
  await both.near.pass(1_000);
  both.near.apply(NAME);
  if (label.startsWith('DELETE')) {
    await both.near.until('ready', () => both.near.isReady(NAME));
    both.near.delete(NAME);
  }
  await both.near.until('it is done', () => isDone);
  return both;
}

function areWell(...simulations: readonly Simulation[]): boolean {
  return simulations.every((simulation) =>
    simulation
      .objects()
      .every(({ metadata }) => metadata.deletionTimestamp === undefined && simulation.isReady(NAME)),
  );
}

describe('two clusters that use one key', () => {
  it.each(CASES)('keep their promises when a GpuPod $crossing $point; $faults', async (course) => {
    const both = await cross(course);
    const { near, far } = both;
    await near.until('both are in their final state', () => far.isReady(NAME) && areWell(near, far));
    await settleBoth(both);
    expect(podIdOf(far.object(NAME))).not.toBe(podIdOf(near.object(NAME)));

    for (const simulation of [near, far]) simulation.delete(NAME);
    await near.until('both are deleted', () => [...near.objects(), ...far.objects()].length === 0);
    await settleBoth(both);
    expect(near.journal.violations).toEqual([]);
  });
});
