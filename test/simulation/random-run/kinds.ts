import { FINALIZER } from '../../../src/api/common/names.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import { podIdOf, reasonOf } from '../readings.ts';
import { TEAM, UNSEEN_TEAM } from './market.ts';

/** The policy flags of the operator, in USD per hour. */
export interface RunFlags {
  readonly requireMaxPrice: boolean;
  readonly ceilingUsdPerHour?: number;
  readonly totalUsdPerHour?: number;
}

/** Reasons of conditions at the end. */
interface End {
  readonly ready: string;
  readonly stalled?: string;
  readonly synced?: string;
}

/** A kind of GpuPod, and the final state that it must reach whatever happens. */
export interface Kind {
  readonly spec: Partial<GpuPodSpecInput>;
  readonly end: End | ((flags: RunFlags) => End);
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  /** Passes with an effect after the last fault, if one attempt is not enough. */
  readonly passes?: number;
  /** Nobody edits, copies or removes it, because that would change its final state. */
  readonly isSpared?: boolean;
  /** When its attempts are used up, a person requests more. */
  readonly isAskedAnew?: boolean;
}

const RENTED = { ready: 'Available' };
/** Random faults must not use up its attempts. */
const PATIENT = { maxAttempts: 20 };
/** The operator looks for offers repeatedly, and writes when the market changes. */
const WATCHES_THE_MARKET = Infinity;
const MANY_ATTEMPTS = 24;

export const KINDS = {
  plain: { weight: 10, end: RENTED, spec: PATIENT },
  'of a team': { weight: 2, end: RENTED, spec: { ...PATIENT, teamId: TEAM } },
  retained: { weight: 2, end: RENTED, spec: { ...PATIENT, deletionPolicy: 'Retain' } },
  // The cheapest offer bills more than it says.
  'billed above its cap': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['A100_80GB'] } },
    passes: MANY_ATTEMPTS,
  },
  // The cheapest offer never gets ready.
  'stuck at first': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['L40S_48GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
  },
  // None of its offers ever gets ready.
  'gives up after its attempts': {
    weight: 1,
    end: { ready: 'Pending', stalled: 'AttemptsExhausted' },
    spec: { maxAttempts: 2, gpu: { types: ['A10_24GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
  },
  // The third instance gets ready.
  'gives up, and is asked to go on': {
    weight: 1,
    end: RENTED,
    spec: { maxAttempts: 2, gpu: { types: ['A40_48GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
    isAskedAnew: true,
  },
  // If a response is lost, only a person can say that nothing was created.
  'of a team that no list shows': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, teamId: UNSEEN_TEAM },
    passes: MANY_ATTEMPTS,
    isSpared: true,
  },
  // The row before it in the market is spot, and cheaper.
  'beside a spot twin': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['RTX4090_24GB'] } },
    passes: MANY_ATTEMPTS,
  },
  // The cheapest instance first shows its price when it is ACTIVE, far above the cap.
  'price shown late': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['A6000_48GB'] } },
    passes: MANY_ATTEMPTS,
  },
  'whose names are cut': { weight: 1, end: RENTED, spec: { ...PATIENT, gpu: { types: ['L4_24GB'] } } },
  'whose names are prefixed, in capitals': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['V100_32GB'] } },
  },
  // The cheapest instance reports a failure text, and continues to install.
  'failed without ERROR at first': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['RTX6000Ada_48GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
  },
  // There is no offer until the stock returns.
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
    isSpared: true,
  },
  'too expensive, with a time limit': {
    weight: 1,
    end: { ready: 'NoMatchingOffer', stalled: 'OfferTimeout' },
    spec: { maxPrice: 1, offerTimeout: '3m' },
    passes: WATCHES_THE_MARKET,
    isSpared: true,
  },
  'without a cap': {
    weight: 1,
    end: ({ requireMaxPrice }) => (requireMaxPrice ? { ready: 'Pending', stalled: 'NotAllowed' } : RENTED),
    spec: { ...PATIENT, maxPrice: undefined },
    isSpared: true,
  },
  // The request carries the lower of the two caps.
  'with a cap above the ceiling': { weight: 1, end: RENTED, spec: { ...PATIENT, maxPrice: 50 } },
  'above the ceiling': {
    weight: 1,
    end: ({ ceilingUsdPerHour }) => (ceilingUsdPerHour === undefined ? RENTED : { ready: 'NoMatchingOffer' }),
    spec: { ...PATIENT, gpu: { types: ['B200_180GB'] }, maxPrice: 5 },
    passes: WATCHES_THE_MARKET,
    isSpared: true,
  },
  'above the limit for all together': {
    weight: 1,
    end: ({ ceilingUsdPerHour, totalUsdPerHour }) => {
      if (ceilingUsdPerHour !== undefined) return { ready: 'NoMatchingOffer' };
      return totalUsdPerHour === undefined ? RENTED : { ready: 'Pending', synced: 'BudgetExceeded' };
    },
    spec: { ...PATIENT, gpu: { types: ['GB300'] }, maxPrice: 600 },
    passes: WATCHES_THE_MARKET,
    isSpared: true,
  },
  // Never drawn as a kind: `withLimits` gives some plain lives a lifetime, so that older seeds stay the same.
  'with a lifetime': {
    weight: 0,
    end: { ready: 'Expired', stalled: 'Expired' },
    spec: { ...PATIENT, maxLifetime: '6m' },
    passes: MANY_ATTEMPTS,
    isSpared: true,
  },
  suspended: { weight: 1, end: { ready: 'Suspended' }, spec: { suspend: true }, isSpared: true },
  'of a team that is not allowed': {
    weight: 1,
    end: { ready: 'Pending', stalled: 'NotAllowed' },
    spec: { teamId: 'team_2' },
    isSpared: true,
  },
} satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

export function kindOf(name: KindName): Kind {
  return KINDS[name];
}

export function endOf(name: KindName, flags: RunFlags): End {
  const { end } = kindOf(name);
  return typeof end === 'function' ? end(flags) : end;
}

export function isRented(name: KindName, flags: RunFlags): boolean {
  return endOf(name, flags).ready === RENTED.ready;
}

/** Whether the object has reached its final state. */
export function isAtItsEnd(name: KindName, object: RawObject, flags: RunFlags): boolean {
  const { ready, stalled, synced } = endOf(name, flags);
  const isReady = reasonOf(object, 'Ready') === ready || (stalled !== undefined && isPending(object));
  const isSynced = synced === undefined || reasonOf(object, 'Synced') === synced;
  return (
    isReady &&
    isSynced &&
    reasonOf(object, 'Stalled') === stalled &&
    reasonOf(object, 'Synced') !== 'Paused' &&
    isHeld(object)
  );
}

/** Deleting a GpuPod whose finalizer is missing at that moment leaves an orphan. */
function isHeld(object: RawObject): boolean {
  return podIdOf(object) === undefined || (object.metadata.finalizers ?? []).includes(FINALIZER);
}

function isPending(object: RawObject): boolean {
  return reasonOf(object, 'Ready') === 'Pending';
}

export function policyOf({ requireMaxPrice, ceilingUsdPerHour, totalUsdPerHour }: RunFlags): Policy {
  return {
    ...OPEN_POLICY,
    requireMaxPrice,
    ...(ceilingUsdPerHour === undefined ? {} : { maxPriceCeiling: ceilingUsdPerHour * 1e6 }),
    ...(totalUsdPerHour === undefined ? {} : { maxTotalPricePerHour: totalUsdPerHour * 1e6 }),
    allowedTeamIds: [TEAM, UNSEEN_TEAM],
  };
}
