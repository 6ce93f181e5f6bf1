import type { Gate } from '../../../src/lifecycle/observation.ts';
import type { Plant } from '../operator-process.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about who is held up, and by whose trouble. */
export const WAITING_BUGS: readonly PlantedBug[] = [
  {
    name: 'holds up everybody for one team without money',
    plant: oneGateForAll,
    scenario: 'the wallet of one team is empty for 10 min',
    oracles: ['breaker'],
  },
];

function oneGateForAll(): Plant {
  let closed: Gate | undefined;
  return {
    plan: (real) => (known) => {
      if (known.gate.kind === 'closed') closed = known.gate;
      return real({ ...known, gate: closed ?? known.gate });
    },
  };
}
