import { stringAt } from '../../../src/json.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { changeSettings } from '../../../src/simulator/world/settings.ts';
import type { SettingsInput } from '../../../src/simulator/world/settings.ts';
import { annotate, specChange } from '../people.ts';
import type { Simulation } from '../simulation.ts';
import type { Step } from './tours.ts';

/** What people and the provider do on a tour. */

export const suspend: Step = specChange({ suspend: true });
export const resume: Step = specChange({ suspend: false });
export const askAgain: Step = annotate('gpupod.dev/reconcile-requested-at', 'now');
export const affordable: Step = specChange({ maxPrice: 3 });

export async function deleteIt(simulation: Simulation): Promise<void> {
  simulation.delete();
  await simulation.until('gone', () => simulation.object() === undefined);
}

/** The provider answers truthfully again. */
export function healed(simulation: Simulation): void {
  simulation.api.faults.clear();
}

/** A foreign finalizer is added, and a person deletes the GpuPod. */
export function heldByAnother(simulation: Simulation): void {
  setFinalizers(simulation, (finalizers) => [...finalizers, 'example.com/backup']);
  simulation.delete();
}

export async function releasedByAnother(simulation: Simulation): Promise<void> {
  setFinalizers(simulation, (finalizers) => finalizers.filter((one) => one.startsWith('gpupod.dev/')));
  await simulation.until('gone', () => simulation.object() === undefined);
}

function setFinalizers(simulation: Simulation, change: (finalizers: readonly string[]) => string[]): void {
  simulation.edit((object) => {
    const finalizers = change(object.metadata.finalizers ?? []);
    return { ...object, metadata: { ...object.metadata, finalizers } };
  });
}

export function passing(ms: number): Step {
  return async (simulation) => {
    await simulation.pass(ms);
  };
}

/** The provider answers nothing for this time. */
export function awayFor(ms: number): Step {
  return (simulation) => {
    simulation.api.faults.add({ effect: { kind: 'Answer', status: 503 }, forMs: ms });
  };
}

function fault(rule: FaultRuleInput): Step {
  return (simulation) => {
    simulation.api.faults.add(rule);
  };
}

export function marketSays(settings: Partial<SettingsInput>): Step {
  return (simulation) => {
    changeSettings(simulation.api.world.settings, settings);
  };
}

type Pods = Simulation['api']['world']['pods'];

/** What the provider says about the instance from now on. Null means the truth. */
export function instance(forced: Parameters<Pods['force']>[1]): Step {
  return (simulation) => {
    simulation.api.world.pods.force(rentedId(simulation), forced);
  };
}

export const fails = instance({ status: 'ERROR' });
export const stops = instance({ status: 'STOPPED' });
export const recovers = instance(null);
/** The instance terminates, not by the operator, and the history says so. */
export const ends = instance({ status: 'TERMINATED' });

/** The instance vanishes, and nothing reports its termination. */
export const vanishes: Step = async (simulation) => {
  await fault({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } })(simulation);
  await ends(simulation);
};

function rentedId(simulation: Simulation): string {
  return stringAt(simulation.object()?.['status'], 'podId') ?? '';
}
