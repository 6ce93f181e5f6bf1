import type { GpuPodSpecInput } from '../../../src/api/spec.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { OfferInput } from '../../../src/simulator/world/offer.ts';
import type { SettingsInput } from '../../../src/simulator/world/settings.ts';
import { reasonOf } from '../readings.ts';
import { OFFERS } from '../world-offers.ts';

/** A kind of GpuPod, and what must come of it whatever happens on the way. */
export interface Kind {
  readonly spec: Partial<GpuPodSpecInput>;
  /** Reasons of the conditions Ready and Stalled at the end. */
  readonly end: { readonly ready: string; readonly stalled?: string };
  /** How often it is drawn, against the others. */
  readonly weight: number;
  /** Passes with something to do after the last fault, where one attempt is not all there is to do. */
  readonly passes?: number;
}

const RENTED = { ready: 'Available' };
/** What befalls it by misfortune must not use up its attempts. */
const PATIENT = { maxAttempts: 20 };
/** Offers are looked at again and again, and a change of the market is worth a write now and then. */
const WATCHES_THE_MARKET = Infinity;
export const TEAM = 'team_1';

export const KINDS = {
  plain: { weight: 10, end: RENTED, spec: PATIENT },
  'of a team': { weight: 2, end: RENTED, spec: { ...PATIENT, teamId: TEAM } },
  retained: { weight: 2, end: RENTED, spec: { ...PATIENT, deletionPolicy: 'Retain' } },
  // The cheapest offer bills more than it says.
  'billed above its cap': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['A100_80GB'] } },
    passes: 24,
  },
  // The cheapest offer never gets ready.
  'stuck at first': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['L40S_48GB'] }, provisioningTimeout: '2m' },
    passes: 24,
  },
  // There is none until the stock comes back.
  'waits for capacity': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['H200_141GB'] } },
    passes: WATCHES_THE_MARKET,
  },
  'too dear': {
    weight: 1,
    end: { ready: 'NoMatchingOffer' },
    spec: { maxPrice: 1 },
    passes: WATCHES_THE_MARKET,
  },
  'too dear, with a time limit': {
    weight: 1,
    end: { ready: 'NoMatchingOffer', stalled: 'OfferTimeout' },
    spec: { maxPrice: 1, offerTimeout: '3m' },
    passes: WATCHES_THE_MARKET,
  },
  suspended: { weight: 1, end: { ready: 'Suspended' }, spec: { suspend: true } },
  'of a team that is not allowed': {
    weight: 1,
    end: { ready: 'Pending', stalled: 'NotAllowed' },
    spec: { teamId: 'team_2' },
  },
} satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

export function kindOf(name: KindName): Kind {
  return KINDS[name];
}

/** Whether the object is where it must come to. */
export function isAtItsEnd(name: KindName, object: RawObject): boolean {
  const { ready, stalled }: Kind['end'] = KINDS[name].end;
  const isReady = reasonOf(object, 'Ready') === ready || (stalled !== undefined && isPending(object));
  return isReady && reasonOf(object, 'Stalled') === stalled && reasonOf(object, 'Synced') !== 'Paused';
}

function isPending(object: RawObject): boolean {
  return reasonOf(object, 'Ready') === 'Pending';
}

function row(
  gpuType: string,
  cloudId: string,
  usdPerHour: number,
  market?: OfferInput['market'],
): OfferInput {
  const [first] = OFFERS;
  if (first === undefined) throw new Error('there are no offers');
  return { ...first, gpuType, cloudId, provider: 'lambdalabs', prices: { onDemand: usdPerHour }, market };
}

/** What comes on offer late in each town. */
export const SCARCE_ID = 'scarce-h200';

/** Several of each, so that some that refused do not leave nothing. */
function several(gpuType: string, cloudId: string, usdPerHour: number): readonly OfferInput[] {
  return [0, 1, 2, 3].map((index) => row(gpuType, `${cloudId}-${index}`, usdPerHour + index / 10));
}

/** The market of a town: the offers of the worlds, and those that not every kind may take. */
export const TOWN_OFFERS: readonly OfferInput[] = [
  ...OFFERS,
  ...several('H100_80GB', 'more-h100', 2.5),
  row('A100_80GB', 'liar-a100', 1, { createPriceFactor: 4 }),
  ...several('A100_80GB', 'honest-a100', 1.5),
  row('L40S_48GB', 'stuck-l40s', 0.8),
  ...several('L40S_48GB', 'good-l40s', 1),
  ...several('H200_141GB', SCARCE_ID, 2.5).map((offer) => ({
    ...offer,
    stockStatus: 'Unavailable' as const,
  })),
];

export const TOWN_PROVIDER: SettingsInput = {
  podRules: [{ cloudId: 'stuck-l40s', outcome: 'StuckProvisioning' }],
};
