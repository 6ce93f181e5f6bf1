import type { Mishap } from '../boundary.ts';
import { CLUSTER_MISHAPS } from '../cluster-faults.ts';
import type { LifeOptions } from '../life.ts';
import { DISTINCT_CRASHES } from '../matrix.ts';
import type { End, Matrix, Strike } from '../matrix.ts';
import { ANYTIME, attempt, FORCEFUL, specChange, STRIPPING, tearOut } from '../people.ts';
import type { Doing } from '../people.ts';
import type { SimulatedWorld } from '../simulated-world.ts';

/** A watch that tells what happened when the next steps have long been taken. */
const SLOW_WATCH: LifeOptions = { watchDelayMs: 4_000 };
const ORPHANS_END: LifeOptions = { settings: { orphanPolicy: 'Terminate' } };
const WATCH_DOWN_MS = 240_000;

/** Done while the call is on its way: what it was made for has been seen, and is not so any more when it arrives. */
function during(name: string, doing: Doing, more: Partial<Strike> = {}): Strike {
  return { name, mishaps: (world) => [meanwhile(world, doing)], ...more };
}

function meanwhile(world: SimulatedWorld, doing: Doing): Mishap {
  return {
    kind: 'meanwhile',
    moment: 'sent',
    act: () => {
      if (world.object() !== undefined) attempt(world, doing);
    },
  };
}

/** The process dies of the same call, and the next one finds what was done while nobody looked. */
function whileNobodyLooks(strike: Strike): Strike {
  return {
    ...strike,
    name: `${strike.name} while the process is dead`,
    // With annotations and status goes what the instance was ordered as: it is adopted for what it says of itself.
    ...(strike.name in STRIPPING ? { end: 'adopted' as const } : {}),
    mishaps: (world) => [...strike.mishaps(world), { kind: 'crash', moment: 'after' }],
  };
}

/** Tells nothing of what is done, until the GpuPods are listed again. */
function unseen(doing: Doing): Doing {
  return (world, name) => {
    for (const { isDead, view } of world.operators) {
      if (!isDead) view.breakFor(WATCH_DOWN_MS);
    }
    world.later(WATCH_DOWN_MS, () => undefined);
    doing(world, name);
  };
}

const remove: Doing = (world) => {
  world.delete();
};

/** A person deletes it, waits until it is gone, and applies it again. */
const applyAnew: Doing = (world) => {
  remove(world);
  const again = (): void => {
    if (world.object() === undefined) world.apply();
    else world.later(5_000, again);
  };
  world.later(5_000, again);
};

const GONE = { until: 'deleted', options: { mayBeGone: true }, end: 'its own' } as const;
const ANEW = { until: 'deleted' } as const;
const FORCE = { until: 'deleted', options: ORPHANS_END } as const;

const EDITS: readonly Strike[] = Object.entries(ANYTIME).map(([name, doing]) =>
  during(name, doing, { end: endAfter(name) }),
);

/**
 * A cap is part of the end, and an offer that was too dear is left alone for a while; so is the one whose attempt a restored
 * object did not see succeed. What came back from before the last attempt adopts an instance for what it says of itself.
 */
function endAfter(name: string): End {
  if (name === 'restored as it was an attempt ago') return 'adopted';
  if (name === 'restored from a backup') return 'another offer';
  if (name === 'cap lowered a little') return 'its own';
  return name === 'cap below every price for 3 min' ? 'another offer' : 'the same';
}

const ENDS: readonly Strike[] = [
  during('deleted', remove, GONE),
  during('deleted and applied again', applyAnew, ANEW),
  during('suspended for good', specChange({ suspend: true }), { until: 'deleted', end: 'its own' }),
  during('what is bought changed', specChange({ placement: { minStock: 'Medium' } })),
  during('torn out', tearOut, { ...GONE, options: { ...ORPHANS_END, mayBeGone: true } }),
  ...Object.entries(FORCEFUL).map(([name, doing]) => during(name, doing, { ...FORCE, end: endAfter(name) })),
];

/** The watch is down, and what it would have told is found out by a list four minutes later. */
const UNSEEN: readonly Strike[] = [
  during('deleted unseen', unseen(remove), GONE),
  during('suspended unseen', unseen(specChange({ suspend: true })), { until: 'deleted', end: 'its own' }),
  ...Object.entries(FORCEFUL).map(([name, doing]) =>
    during(`${name} unseen`, unseen(doing), { ...FORCE, end: endAfter(name) }),
  ),
];

const CLUSTER: readonly Strike[] = Object.entries(CLUSTER_MISHAPS).map(([name, mishap]) => ({
  name,
  mishaps: () => [mishap],
  fits: ({ to }) => to === 'cluster',
}));

function applied({ marks }: { readonly marks: { readonly applied: number } }): number {
  return marks.applied + 1;
}

/** What people do to a GpuPod while something is done for it. */
export const PEOPLE: readonly Matrix[] = [
  { name: 'a calm life', life: () => ({}), from: applied, strikes: [...EDITS, ...ENDS] },
  {
    name: 'nobody looks',
    life: () => ({}),
    from: applied,
    strikes: [...EDITS, ...ENDS].map(whileNobodyLooks),
  },
];

/** The same, seen late or not at all; and what the API server does to each call. */
export const UNOBSERVED: readonly Matrix[] = [
  { name: 'a slow watch', life: () => SLOW_WATCH, from: applied, strikes: [...EDITS, ...ENDS] },
  { name: 'a broken watch', life: () => ({}), from: applied, strikes: UNSEEN },
  {
    name: 'the GpuPod is not seen to come',
    life: () => ({}),
    strikes: [
      {
        name: 'the watch breaks',
        mishaps: (world) => [
          { kind: 'meanwhile', moment: 'sent', act: () => unseen(() => undefined)(world) },
        ],
      },
    ],
  },
  { name: 'the API server', life: () => ({}), strikes: CLUSTER },
  { name: 'the API server, with a slow watch', life: () => SLOW_WATCH, strikes: CLUSTER },
];

/** A rental that a person ends by `suspend`; what befalls it on the way. */
export const TERMINATION_REASONS: readonly Matrix[] = [
  {
    name: 'suspended after it was ready',
    life: () => ({
      middle: async (world) => {
        specChange({ suspend: true })(world);
        await world.pass(1_000);
      },
    }),
    from: ({ marks }) => marks.middle + 1,
    end: 'its own',
    strikes: [
      during('resumed', specChange({ suspend: false }), { until: 'deleted', end: 'the same' }),
      ...DISTINCT_CRASHES,
      ...[...EDITS, ...ENDS].map((strike) => ({ ...strike, end: 'its own' as const })),
    ],
  },
];
