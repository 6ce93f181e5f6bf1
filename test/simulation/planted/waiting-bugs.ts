import type { CreatePermit } from '../../../src/lifecycle/observation.ts';
import type { Plant } from '../operator-process.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about which GpuPods wait, and for what. */
export const WAITING_BUGS: readonly PlantedBug[] = [
  {
    name: 'holds up everybody for one team without money',
    plant: oneBreakerForAll,
    scenario: 'the wallet of one team is empty for 10 min',
    oracles: ['breaker'],
  },
];

function oneBreakerForAll(): Plant {
  let closed: CreatePermit | undefined;
  return {
    plan: (real) => (known) => {
      if (known.permit.kind === 'held') closed = known.permit;
      return real({ ...known, permit: closed ?? known.permit });
    },
  };
}
