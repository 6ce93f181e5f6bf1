import { stringAt } from '../../../src/json.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { changeSettings } from '../../../src/simulator/world/settings.ts';
import type { SettingsInput } from '../../../src/simulator/world/settings.ts';
import { annotate, specChange } from '../people.ts';
import type { SimulatedWorld } from '../simulated-world.ts';
import type { Step } from './tours.ts';

/** What people and the provider do on a tour. */

export const suspend: Step = specChange({ suspend: true });
export const resume: Step = specChange({ suspend: false });
export const askAgain: Step = annotate('gpupod.dev/reconcile-requested-at', 'now');
export const affordable: Step = specChange({ maxPrice: 3 });

export async function deleteIt(world: SimulatedWorld): Promise<void> {
  world.delete();
  await world.until('gone', () => world.object() === undefined);
}

/** The provider answers truthfully again. */
export function healed(world: SimulatedWorld): void {
  world.api.faults.clear();
}

/** A foreign finalizer is added, and a person deletes the GpuPod. */
export function heldByAnother(world: SimulatedWorld): void {
  setFinalizers(world, (finalizers) => [...finalizers, 'example.com/backup']);
  world.delete();
}

export async function releasedByAnother(world: SimulatedWorld): Promise<void> {
  setFinalizers(world, (finalizers) => finalizers.filter((one) => one.startsWith('gpupod.dev/')));
  await world.until('gone', () => world.object() === undefined);
}

function setFinalizers(world: SimulatedWorld, change: (finalizers: readonly string[]) => string[]): void {
  world.edit((object) => {
    const finalizers = change(object.metadata.finalizers ?? []);
    return { ...object, metadata: { ...object.metadata, finalizers } };
  });
}

export function passing(ms: number): Step {
  return async (world) => {
    await world.pass(ms);
  };
}

/** The provider answers nothing for this time. */
export function awayFor(ms: number): Step {
  return (world) => {
    world.api.faults.add({ effect: { kind: 'Answer', status: 503 }, forMs: ms });
  };
}

function fault(rule: FaultRuleInput): Step {
  return (world) => {
    world.api.faults.add(rule);
  };
}

export function marketSays(settings: Partial<SettingsInput>): Step {
  return (world) => {
    changeSettings(world.api.world.settings, settings);
  };
}

type Pods = SimulatedWorld['api']['world']['pods'];

/** What the provider says about the instance from now on. Null means the truth. */
export function instance(forced: Parameters<Pods['force']>[1]): Step {
  return (world) => {
    world.api.world.pods.force(rentedId(world), forced);
  };
}

export const fails = instance({ status: 'ERROR' });
export const stops = instance({ status: 'STOPPED' });
export const recovers = instance(null);
/** The instance terminates, not by the operator, and the history says so. */
export const ends = instance({ status: 'TERMINATED' });

/** The instance vanishes, and nothing reports its termination. */
export const vanishes: Step = async (world) => {
  await fault({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } })(world);
  await ends(world);
};

function rentedId(world: SimulatedWorld): string {
  return stringAt(world.object()?.['status'], 'podId') ?? '';
}
