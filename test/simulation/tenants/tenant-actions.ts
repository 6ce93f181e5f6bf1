import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { lasting, withSpec } from '../edits.ts';
import type { Action } from '../edits.ts';
import { ANYTIME, ODD, STRIPPING } from '../people.ts';
import { podIdOf, specOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';
import { keyOf } from './cast.ts';
import { createAccount } from './account-actions.ts';
import type { AccountRef } from './draw-cast.ts';
import type { PlannedAccount } from './planned.ts';

const MINUTE_MS = 60_000;
const POLL_MS = 10_000;
const MOST_POLLS = 120;

/** A person moves a GpuPod to another account as the guide says: suspend, wait, change, resume. */
export function moveTo(accountRef: AccountRef | undefined): Action {
  return (simulation, name = '') => {
    if (simulation.object(name) === undefined) return;
    simulation.edit(withSpec({ suspend: true }), name);
    let polls = 0;
    const proceed = (): void => {
      const object = simulation.object(name);
      if (object === undefined) return;
      polls += 1;
      if (podIdOf(object) === undefined) simulation.edit(withSpec({ accountRef, suspend: false }), name);
      else if (polls < MOST_POLLS) simulation.later(POLL_MS, proceed);
      else simulation.edit(withSpec({ suspend: false }), name);
    };
    simulation.later(POLL_MS, proceed);
  };
}

/** A second default account selects every namespace for a while. Nothing is rented with it. */
export function secondDefault(simulation: Simulation): void {
  const second: PlannedAccount = {
    namespace: undefined,
    name: 'second',
    userId: 'user_d',
    key: keyOf('user_d', 2),
    spec: { isDefault: true, namespaceSelector: {}, suspend: true },
  };
  createAccount(simulation, second);
  simulation.later(3 * MINUTE_MS, () => {
    simulation.server.delete('clustergpuaccounts', { name: second.name }, 'person');
  });
}

/** The namespace loses its labels for a while, so that accounts select it no longer. */
export function unlabelled(namespace: string, labels: Readonly<Record<string, string>>) {
  return (simulation: Simulation): void => {
    const label = (to: Readonly<Record<string, string>>): void => {
      const change = (held: RawObject): RawObject => ({
        ...held,
        metadata: { ...held.metadata, labels: { ...to } },
      });
      simulation.server.edit('namespaces', { name: namespace }, change, 'person');
    };
    label({});
    simulation.later(4 * MINUTE_MS, () => {
      label(labels);
    });
  };
}

/** With Retain its instance stays, and its successor needs room for another one. */
const deleteAndApply: Action = (simulation, name = '') => {
  const object = simulation.object(name);
  if (object === undefined || (object.metadata.finalizers ?? []).length === 0) return;
  const spec = lasting(specOf(object));
  simulation.delete(name);
  const proceed = (): void => {
    if (simulation.object(name) === undefined) simulation.apply(name, spec);
    else simulation.later(POLL_MS, proceed);
  };
  simulation.later(POLL_MS, proceed);
};

function without(
  actions: Readonly<Record<string, Action>>,
  names: readonly string[],
): Readonly<Record<string, Action>> {
  return Object.fromEntries(Object.entries(actions).filter(([name]) => !names.includes(name)));
}

/**
 * What people do to GpuPods of tenants, even while these are deleted. Without removing create intents: nobody knows then whose list to read, see
 * docs/how-to/accounts.md, "Limits of this version" (a deleted GpuPod can wait for its account; create intents are not
 * signed).
 */
export const GOING_ACTIONS: Readonly<Record<string, Action>> = without(
  { ...ANYTIME, ...ODD },
  Object.keys(STRIPPING),
);

/** The same, while the GpuPods come. */
export const TENANT_ACTIONS: Readonly<Record<string, Action>> = {
  ...GOING_ACTIONS,
  'deleted, and applied again once it is gone': deleteAndApply,
};
