import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan, Mishap } from './boundary.ts';
import { podIdOf } from './readings.ts';
import { tearOut } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { copyAcross, settleBoth, twoClusters } from './two-clusters.ts';
import type { TwoClusters } from './two-clusters.ts';

jest.setTimeout(5 * 60_000);

const NAME = 'train-1';

/** What is done with the GpuPod of one cluster in the other one. */
const CROSSINGS: Readonly<Record<string, (both: TwoClusters) => void>> = {
  'is copied to the other cluster': ({ near, far }) => {
    copyAcross(near, far, NAME);
  },
  'is moved to the other cluster': ({ near, far }) => {
    copyAcross(near, far, NAME);
    near.delete(NAME);
  },
  'is restored in the other cluster, and torn out of the first': ({ near, far }) => {
    copyAcross(near, far, NAME);
    tearOut(near, NAME);
  },
};

/** The call of the first cluster during which that is done. */
const POINTS: Readonly<Record<string, string>> = {
  'while its order is on its way': 'POST /pods/',
  'while its pod id is written down': 'PUT gpupods/status',
  'when it is ready': 'POST secrets',
  'while its machine is being ended': 'DELETE /pods/{id}',
};

const LOST: FaultRuleInput = { method: 'POST', path: '/pods/', effect: { kind: 'ResetAfter' } };
interface Trouble {
  readonly rules: readonly FaultRuleInput[];
  /** What befalls the same call of the first cluster besides. */
  readonly mishaps: readonly Mishap[];
}
/** Whatever else is the matter; both orders have it. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  'nothing else': { rules: [], mishaps: [] },
  'both orders are lost, and lists hide both pods for 80 s': {
    rules: [
      { ...LOST, times: 2 },
      { ...hiddenFor(80_000), times: 2 },
    ],
    mishaps: [],
  },
  'the process dies': { rules: [], mishaps: [{ kind: 'crash', moment: 'after' }] },
  'the order of the other cluster is lost, and the process dies': {
    rules: [{ ...LOST, nth: 2 }],
    mishaps: [{ kind: 'crash', moment: 'sent' }],
  },
};

const CASES = Object.keys(CROSSINGS).flatMap((crossing) =>
  Object.keys(POINTS).flatMap((point) =>
    Object.keys(TROUBLES).map((trouble) => ({ crossing, point, trouble })),
  ),
);

function at<T>(table: Readonly<Record<string, T>>, name: string): T {
  const row = table[name];
  if (row === undefined) throw new Error(`no such row: ${name}`);
  return row;
}

/** Both clusters in the middle of it; whoever is wanted by then gets a machine, whoever is not goes. */
async function cross({ crossing, point, trouble }: (typeof CASES)[number]): Promise<TwoClusters> {
  const { rules, mishaps } = at(TROUBLES, trouble);
  const label = at(POINTS, point);
  let isDone = false;
  const faultPlan: FaultPlan = (call) => {
    if (isDone || call.label !== label) return [];
    isDone = true;
    const act = (): void => {
      at(CROSSINGS, crossing)(both);
    };
    return [{ kind: 'meanwhile', moment: 'sent', act }, ...mishaps];
  };
  const both: TwoClusters = twoClusters(faultPlan);
  for (const rule of rules) both.near.api.faults.add(rule);
  for (const world of [both.near, both.far]) world.startOperator();
  await both.near.pass(1_000);
  both.near.apply(NAME);
  if (label.startsWith('DELETE')) {
    await both.near.until('ready', () => both.near.isReady(NAME));
    both.near.delete(NAME);
  }
  await both.near.until('it is done', () => isDone);
  return both;
}

function areWell(...worlds: readonly SimulatedWorld[]): boolean {
  return worlds.every((world) =>
    world.objects().every(({ metadata }) => metadata.deletionTimestamp === undefined && world.isReady(NAME)),
  );
}

describe('two clusters that rent with one key', () => {
  it.each(CASES)('a GpuPod $crossing $point; $trouble', async (course) => {
    const both = await cross(course);
    const { near, far } = both;
    await near.until('both are well', () => far.isReady(NAME) && areWell(near, far));
    await settleBoth(both);
    expect(podIdOf(far.object(NAME))).not.toBe(podIdOf(near.object(NAME)));

    for (const world of [near, far]) world.delete(NAME);
    await near.until('both are gone', () => [...near.objects(), ...far.objects()].length === 0);
    await settleBoth(both);
    expect(near.books.violations).toEqual([]);
  });
});
