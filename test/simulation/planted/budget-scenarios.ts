import { OPEN_POLICY } from '../../support/builders/policy.ts';
import type { LifeOptions } from '../life.ts';
import type { Simulation } from '../simulation.ts';
import { OFFERS } from '../simulation-offers.ts';
import { LIMIT_SCENARIOS } from './limit-scenarios.ts';

const MINUTE_MS = 60_000;
const BACKUP = 'example.com/backup';

function limited(usdPerHour: number): Pick<LifeOptions, 'settings'> {
  return { settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: usdPerHour * 1e6 } } };
}

/**
 * Retained instances keep costing money. Only so many fit under the limit, whatever happens to their
 * objects.
 */
async function retainsAgainAndAgain(simulation: Simulation): Promise<void> {
  for (const name of ['keep-1', 'keep-2']) {
    simulation.apply(name, { deletionPolicy: 'Retain' });
    await simulation.pass(5 * MINUTE_MS);
    simulation.delete(name);
    await simulation.until(`${name} is deleted`, () => simulation.object(name) === undefined);
  }
  simulation.operator.kill();
  simulation.apply('over-1');
  await simulation.pass(5 * MINUTE_MS);
  simulation.delete('over-1');
  await simulation.until('over-1 is deleted', () => simulation.object('over-1') === undefined);
}

/** Another GpuPod is deleted and held by a foreign finalizer. A third one fits under the limit. */
async function heldByAnother(simulation: Simulation): Promise<void> {
  simulation.apply('held-1');
  await simulation.until('two are ready', () => simulation.isReady('held-1'));
  withFinalizers(simulation, (finalizers) => [...finalizers, BACKUP]);
  simulation.delete('held-1');
  simulation.apply('next-1');
  await simulation.until('the next one is ready', () => simulation.isReady('next-1'), 15 * MINUTE_MS);
  await simulation.pass(15 * MINUTE_MS);
  withFinalizers(simulation, (finalizers) => finalizers.filter((name) => name !== BACKUP));
  simulation.delete('next-1');
  await simulation.until('both are deleted', () => simulation.objects().length === 1);
}

function withFinalizers(simulation: Simulation, change: (finalizers: readonly string[]) => string[]): void {
  simulation.edit((object) => {
    const finalizers = change(object.metadata.finalizers ?? []);
    return { ...object, metadata: { ...object.metadata, finalizers } };
  }, 'held-1');
}

function prepaid(): LifeOptions {
  const [first, ...others] = OFFERS;
  if (first === undefined) throw new Error('the simulation has no offers');
  return {
    ...limited(5),
    offers: [{ ...first, prepaidTime: 24 }, ...others],
    spec: { placement: { allowPrepaid: true } },
  };
}

/**
 * Challenges for a limit on all instances together. Without a bug each of these simulations must be clean.
 */
export const BUDGET_SCENARIOS = {
  ...LIMIT_SCENARIOS,
  'there is a limit for all, and what goes is retained': () => ({
    ...limited(5),
    middle: retainsAgainAndAgain,
  }),
  'there is a limit for all, and what goes is held by another finalizer': () => ({
    ...limited(5),
    middle: heldByAnother,
  }),
  'there is a limit for all, and the cheapest offer is prepaid': prepaid,
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
