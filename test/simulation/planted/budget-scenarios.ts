import { OPEN_POLICY } from '../../support/builders/policy.ts';
import type { LifeOptions } from '../life.ts';
import type { SimulatedWorld } from '../simulated-world.ts';
import { OFFERS } from '../world-offers.ts';

const MINUTE_MS = 60_000;
const BACKUP = 'example.com/backup';

function limited(usdPerHour: number): Pick<LifeOptions, 'settings'> {
  return { settings: { policy: { ...OPEN_POLICY, maxTotalPricePerHour: usdPerHour * 1e6 } } };
}

/**
 * Retained instances keep costing money. Only so many fit under the limit, whatever happens to their
 * objects.
 */
async function retainsAgainAndAgain(world: SimulatedWorld): Promise<void> {
  for (const name of ['keep-1', 'keep-2']) {
    world.apply(name, { deletionPolicy: 'Retain' });
    await world.pass(5 * MINUTE_MS);
    world.delete(name);
    await world.until(`${name} is deleted`, () => world.object(name) === undefined);
  }
  world.operator.kill();
  world.apply('over-1');
  await world.pass(5 * MINUTE_MS);
  world.delete('over-1');
  await world.until('over-1 is deleted', () => world.object('over-1') === undefined);
}

/** Another GpuPod is deleted and held by a foreign finalizer. A third one fits under the limit. */
async function heldByAnother(world: SimulatedWorld): Promise<void> {
  world.apply('held-1');
  await world.until('two are ready', () => world.isReady('held-1'));
  withFinalizers(world, (finalizers) => [...finalizers, BACKUP]);
  world.delete('held-1');
  world.apply('next-1');
  await world.until('the next one is ready', () => world.isReady('next-1'), 15 * MINUTE_MS);
  await world.pass(15 * MINUTE_MS);
  withFinalizers(world, (finalizers) => finalizers.filter((name) => name !== BACKUP));
  world.delete('next-1');
  await world.until('both are deleted', () => world.objects().length === 1);
}

function withFinalizers(world: SimulatedWorld, change: (finalizers: readonly string[]) => string[]): void {
  world.edit((object) => {
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
