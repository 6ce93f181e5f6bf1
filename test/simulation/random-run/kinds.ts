import { FINALIZER } from '../../../src/api/names.ts';
import type { GpuPodSpecInput } from '../../../src/api/spec.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import { podIdOf, reasonOf } from '../readings.ts';
import { TEAM, UNSEEN_TEAM } from './market.ts';

/** What the person who runs the operator of a town allows everybody, in USD per hour. */
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

/** A kind of GpuPod, and what must come of it whatever happens on the way. */
export interface Kind {
  readonly spec: Partial<GpuPodSpecInput>;
  readonly end: End | ((flags: RunFlags) => End);
  /** How often it is drawn, against the others. */
  readonly weight: number;
  /** Passes with something to do after the last fault, where one attempt is not all there is to do. */
  readonly passes?: number;
  /** Nobody edits, copies or takes it away, because that would change what must come of it. */
  readonly isSpared?: boolean;
  /** When its attempts are used up, a person asks for more. */
  readonly isAskedAnew?: boolean;
}

const RENTED = { ready: 'Available' };
/** What befalls it by misfortune must not use up its attempts. */
const PATIENT = { maxAttempts: 20 };
/** Offers are looked at again and again, and a change of the market is worth a write now and then. */
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
  // The third machine gets ready.
  'gives up, and is asked to go on': {
    weight: 1,
    end: RENTED,
    spec: { maxAttempts: 2, gpu: { types: ['A40_48GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
    isAskedAnew: true,
  },
  // Where an answer is lost, only a person can say that nothing came of the order.
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
  // The cheapest is far above the cap by the time that it says so.
  'told its price late': {
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
  // The cheapest says why it failed, and goes on installing.
  'failed without ERROR at first': {
    weight: 1,
    end: RENTED,
    spec: { ...PATIENT, gpu: { types: ['RTX6000Ada_48GB'] }, provisioningTimeout: '2m' },
    passes: MANY_ATTEMPTS,
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
    isSpared: true,
  },
  'too dear, with a time limit': {
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
  // The cap that is sent is the lower of the two.
  'with a cap above the ceiling': { weight: 1, end: RENTED, spec: { ...PATIENT, maxPrice: 50 } },
  'dearer than the ceiling': {
    weight: 1,
    end: ({ ceilingUsdPerHour }) => (ceilingUsdPerHour === undefined ? RENTED : { ready: 'NoMatchingOffer' }),
    spec: { ...PATIENT, gpu: { types: ['B200_180GB'] }, maxPrice: 5 },
    passes: WATCHES_THE_MARKET,
    isSpared: true,
  },
  'dearer than all may cost together': {
    weight: 1,
    end: ({ ceilingUsdPerHour, totalUsdPerHour }) => {
      if (ceilingUsdPerHour !== undefined) return { ready: 'NoMatchingOffer' };
      return totalUsdPerHour === undefined ? RENTED : { ready: 'Pending', synced: 'BudgetExceeded' };
    },
    spec: { ...PATIENT, gpu: { types: ['GB300'] }, maxPrice: 600 },
    passes: WATCHES_THE_MARKET,
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

/** Whether the object is where it must come to. */
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

/** Who deletes a GpuPod whose finalizer was taken off and not yet put back tears it out, and gets an orphan. */
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
