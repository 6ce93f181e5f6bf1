import type { LifeOptions } from '../life.ts';
import { specChange } from '../people.ts';
import { reasonOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';

const MINUTE_MS = 60_000;

async function livesToItsEnd(simulation: Simulation): Promise<void> {
  simulation.operator.clock.jumpWall(60 * MINUTE_MS);
  await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 60 * MINUTE_MS);
  specChange({ maxLifetime: '24h' })(simulation);
  await simulation.until('ready again', () => simulation.isReady());
}

export function stalledReason(simulation: Simulation): string | undefined {
  const object = simulation.object();
  return object === undefined ? undefined : reasonOf(object, 'Stalled');
}

/** Lives that a limit ends. */
export const LIMIT_SCENARIOS = {
  'a lifetime of 50 min, the wall clock jumps an hour ahead, the lifetime is extended after its end': () => ({
    spec: { maxLifetime: '50m' },
    middle: livesToItsEnd,
  }),
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
