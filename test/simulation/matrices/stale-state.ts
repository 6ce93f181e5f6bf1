import type { CallFault } from '../boundary.ts';
import { CLUSTER_FAULTS } from '../cluster-faults.ts';
import type { LifeOptions } from '../life.ts';
import { DISTINCT_CRASHES } from '../matrix.ts';
import type { End, Matrix, MatrixFault } from '../matrix.ts';
import { ANYTIME, attempt, DESTRUCTIVE, specChange, STRIPPING, removeByForce } from '../people.ts';
import type { Action } from '../people.ts';
import type { Simulation } from '../simulation.ts';

/** A watch whose events arrive long after the next steps. */
const SLOW_WATCH: LifeOptions = { watchDelayMs: 4_000 };
const ORPHANS_END: LifeOptions = { settings: { orphanPolicy: 'Terminate' } };
const WATCH_DOWN_MS = 240_000;

/** Acts while the call is in flight. The facts that the call rests on have changed when it arrives. */
function during(name: string, action: Action, more: Partial<MatrixFault> = {}): MatrixFault {
  return { name, callFaults: (simulation) => [meanwhile(simulation, action)], ...more };
}

function meanwhile(simulation: Simulation, action: Action): CallFault {
  return {
    kind: 'meanwhile',
    moment: 'sent',
    act: () => {
      if (simulation.object() !== undefined) attempt(simulation, action);
    },
  };
}

/** The process also dies during this call, and its successor finds the change. */
function whileDead(fault: MatrixFault): MatrixFault {
  return {
    ...fault,
    name: `${fault.name} while the process is dead`,
    // Without annotations and status nothing says what was requested, so the operator adopts the instance by
    // what the provider says about it.
    ...(fault.name in STRIPPING ? { end: 'adopted' as const } : {}),
    callFaults: (simulation) => [...fault.callFaults(simulation), { kind: 'crash', moment: 'after' }],
  };
}

/** Hides the change from the watch until the GpuPods are listed again. */
function unseen(action: Action): Action {
  return (simulation, name) => {
    for (const { isDead, view } of simulation.operators) {
      if (!isDead) view.breakFor(WATCH_DOWN_MS);
    }
    simulation.later(WATCH_DOWN_MS, () => undefined);
    action(simulation, name);
  };
}

const remove: Action = (simulation) => {
  simulation.delete();
};

/** A person deletes the GpuPod, waits until it is gone, and applies it again. */
const applyAnew: Action = (simulation) => {
  remove(simulation);
  const again = (): void => {
    if (simulation.object() === undefined) simulation.apply();
    else simulation.later(5_000, again);
  };
  simulation.later(5_000, again);
};

const GONE = { until: 'deleted', options: { mayBeGone: true }, end: 'its own' } as const;
const ANEW = { until: 'deleted' } as const;
const FORCE = { until: 'deleted', options: ORPHANS_END } as const;

const EDITS: readonly MatrixFault[] = Object.entries(ANYTIME).map(([name, action]) =>
  during(name, action, { end: endAfter(name) }),
);

/**
 * The cap is part of the end state. An offer above the cap is in a cooldown for a while, and so is the offer
 * whose success a restored object does not know. A GpuPod restored from before its last attempt adopts an
 * instance by what the provider says about it.
 */
function endAfter(name: string): End {
  if (name === 'restored from one attempt ago') return 'adopted';
  if (name === 'restored from a backup') return 'another offer';
  if (name === 'cap lowered a little') return 'its own';
  return name === 'cap below every price for 3 min' ? 'another offer' : 'the same';
}

const ENDS: readonly MatrixFault[] = [
  during('deleted', remove, GONE),
  during('deleted and applied again', applyAnew, ANEW),
  during('suspended permanently', specChange({ suspend: true }), { until: 'deleted', end: 'its own' }),
  during('frozen fields changed', specChange({ placement: { minStock: 'Medium' } })),
  during('removed by force', removeByForce, { ...GONE, options: { ...ORPHANS_END, mayBeGone: true } }),
  ...Object.entries(DESTRUCTIVE).map(([name, action]) =>
    during(name, action, { ...FORCE, end: endAfter(name) }),
  ),
];

/** The watch is down, and a list four minutes later finds the change. */
const UNSEEN: readonly MatrixFault[] = [
  during('deleted unseen', unseen(remove), GONE),
  during('suspended unseen', unseen(specChange({ suspend: true })), { until: 'deleted', end: 'its own' }),
  ...Object.entries(DESTRUCTIVE).map(([name, action]) =>
    during(`${name} unseen`, unseen(action), { ...FORCE, end: endAfter(name) }),
  ),
];

const CLUSTER: readonly MatrixFault[] = Object.entries(CLUSTER_FAULTS).map(([name, callFault]) => ({
  name,
  callFaults: () => [callFault],
  fits: ({ to }) => to === 'cluster',
}));

function applied({ marks }: { readonly marks: { readonly applied: number } }): number {
  return marks.applied + 1;
}

/** What people do to a GpuPod while the operator works on it. */
export const PEOPLE: readonly Matrix[] = [
  { name: 'a calm life', life: () => ({}), from: applied, faults: [...EDITS, ...ENDS] },
  {
    name: 'nobody looks',
    life: () => ({}),
    from: applied,
    faults: [...EDITS, ...ENDS].map(whileDead),
  },
];

/** The same, noticed late or by a list only, and all faults of the API server at each call. */
export const UNOBSERVED: readonly Matrix[] = [
  { name: 'a slow watch', life: () => SLOW_WATCH, from: applied, faults: [...EDITS, ...ENDS] },
  { name: 'a broken watch', life: () => ({}), from: applied, faults: UNSEEN },
  {
    name: 'the watch misses the new GpuPod',
    life: () => ({}),
    faults: [
      {
        name: 'the watch breaks',
        callFaults: (simulation) => [
          { kind: 'meanwhile', moment: 'sent', act: () => unseen(() => undefined)(simulation) },
        ],
      },
    ],
  },
  { name: 'the API server', life: () => ({}), faults: CLUSTER },
  { name: 'the API server, with a slow watch', life: () => SLOW_WATCH, faults: CLUSTER },
];

/** A person terminates the instance by `suspend`, with further faults on the way. */
export const TERMINATION_REASONS: readonly Matrix[] = [
  {
    name: 'suspended after it was ready',
    life: () => ({
      middle: async (simulation) => {
        specChange({ suspend: true })(simulation);
        await simulation.pass(1_000);
      },
    }),
    from: ({ marks }) => marks.middle + 1,
    end: 'its own',
    faults: [
      during('resumed', specChange({ suspend: false }), { until: 'deleted', end: 'the same' }),
      ...DISTINCT_CRASHES,
      ...[...EDITS, ...ENDS].map((fault) => ({ ...fault, end: 'its own' as const })),
    ],
  },
];
