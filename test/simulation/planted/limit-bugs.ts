import type { Plant } from '../operator-process.ts';
import type { PlantedBug } from './planted-bug.ts';

const SCENARIO =
  'a lifetime of 50 min, the wall clock jumps an hour ahead, the lifetime is extended after its end';

/** Bugs about limits that end an instance. */
export const LIMIT_BUGS: readonly PlantedBug[] = [
  {
    name: 'ends no instance at its lifetime',
    plant: withoutLifetime,
    scenario: SCENARIO,
    oracles: ['lifetime', 'settles'],
    violation: /lived \d+ min, longer than its lifetime/,
  },
  {
    name: 'takes the age of an instance from the wall clock',
    plant: ageByWallClock,
    scenario: SCENARIO,
    oracles: ['lifetime', 'ready-ended'],
    violation: /was ended by a limit that is not reached/,
  },
];

function withoutLifetime(): Plant {
  return {
    plan: (real) => (known) => {
      const { maxLifetime: _forgotten, ...spec } = known.gpuPod.spec;
      return real({ ...known, gpuPod: { ...known.gpuPod, spec } });
    },
  };
}

function ageByWallClock(): Plant {
  return {
    plan: (real) => (known) => {
      const { now, localState, gpuPod } = known;
      const { instance } = localState;
      if (instance?.created === undefined) return real(known);
      const ageMs = now.wallMs - Date.parse(gpuPod.status.createdAt ?? '');
      const created = { ...instance.created, atMs: now.monotonicMs - ageMs };
      return real({ ...known, localState: { ...localState, instance: { ...instance, created } } });
    },
  };
}
