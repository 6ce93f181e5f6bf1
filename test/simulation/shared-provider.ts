import { SimulatedApi } from '../../src/simulator/api/simulated-api.ts';
import { offerCatalogueSchema } from '../../src/simulator/world/offer.ts';
import type { OfferInput } from '../../src/simulator/world/offer.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { settingsSchema } from '../../src/simulator/world/settings.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { ProcessClock } from './process-clock.ts';
import { Trace } from './trace.ts';
import { VirtualTime } from './virtual-time.ts';
import { OFFERS } from './simulation-offers.ts';

export const INSTALLATION = 'abc123';

export interface SharedOptions {
  readonly seed?: number;
  readonly provider?: SettingsInput;
  readonly offers?: readonly OfferInput[];
  readonly isTraced?: boolean;
}

/** What clusters with one API key have in common. */
export interface Shared {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly api: SimulatedApi;
  /** Foreign instances that live from the beginning to the end. */
  readonly foreignIds: readonly string[];
  /** Instances of another account. One has our name prefix. */
  readonly othersIds: readonly string[];
}

/** The provider with foreign instances, and the time. */
export function makeShared({ seed = 1, provider, offers = OFFERS, isTraced }: SharedOptions): Shared {
  const time = new VirtualTime();
  const api = new SimulatedApi({
    clock: new ProcessClock(time),
    seed,
    settings: settingsSchema.parse({ ...PROVIDER, ...provider }),
    catalogue: offerCatalogueSchema.parse({ gpus: offers }),
  });
  const plant = (name: string, userId: string): string => plantPod(api.world, { name, userId }).id;
  return {
    time,
    trace: new Trace(isTraced),
    api,
    foreignIds: FOREIGN_NAMES.map((name) => plant(name, 'user_1')),
    othersIds: OTHERS_NAMES.map((name) => plant(name, 'user_2')),
  };
}

const PROVIDER: SettingsInput = {
  provisioningMs: 20_000,
  installingMs: 10_000,
  deletingMs: 4_000,
  slash: 'Direct',
};

/** Instances of another account. One has our name prefix. */
const OTHERS_NAMES = ['theirs', `gp-${INSTALLATION}-0123456789-1-a-b`];

/**
 * An instance that a person created, one of another installation, and one whose installation has a longer
 * ID.
 */
export const FOREIGN_NAMES: readonly string[] = [
  'somebody',
  'gp-zzz999-0123456789-1-team-a-train-1',
  `gp-${INSTALLATION}x-0123456789-1-a`,
];
