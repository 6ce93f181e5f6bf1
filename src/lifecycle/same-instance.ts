import { isSameAttempt, parsePodName } from './pod-name.ts';
import type { InstanceSnapshot, PodStatus } from './provider.ts';

/**
 * If two rows disagree about the status, the first of these counts. An instance that one row shows live exists, and a row
 * that is a reason to terminate it counts only if no other row contradicts it.
 */
const PRECEDENCE: readonly PodStatus[] = [
  'ACTIVE',
  'PENDING',
  'PROVISIONING',
  'UNKNOWN',
  'STOPPED',
  'DELETING',
  'ERROR',
  'TERMINATED',
];

/**
 * The snapshot from two rows with the same ID that were read at about the same time, in one list or in two. Fields that
 * one row lacks come from the other. Where both disagree, the result is on the safe side: the instance exists, costs the
 * higher price, and has no name rather than a wrong one, so that it is read by its ID.
 */
export function joinRows(one: InstanceSnapshot, other: InstanceSnapshot): InstanceSnapshot {
  if (one === other) {
    return one;
  }
  const isOther = PRECEDENCE.indexOf(other.status) <= PRECEDENCE.indexOf(one.status);
  const [first, second] = isOther ? [other, one] : [one, other];
  const isEnded = second.status === 'TERMINATED' && first.status !== 'TERMINATED';
  const {
    name: _name,
    teamId: _team,
    userId: _user,
    ...details
  } = isEnded ? first : joinDetails(first, second);
  return { ...details, ...joinIdentity(first, second) };
}

function joinDetails(first: InstanceSnapshot, second: InstanceSnapshot): InstanceSnapshot {
  const prices = [first, second].flatMap(({ priceUsdPerHour }) => priceUsdPerHour ?? []);
  return {
    ...second,
    ...first,
    ...(prices.length === 0 ? {} : { priceUsdPerHour: Math.max(...prices) }),
    ...(second.isSpot === true ? { isSpot: true } : {}),
  };
}

/** Whose it is. What both rows say differently is left out. */
function joinIdentity(
  first: InstanceSnapshot,
  second: InstanceSnapshot,
): Pick<InstanceSnapshot, 'name' | 'teamId' | 'userId'> {
  const name = nameOf(first.name, second.name);
  const teamId = agreed(first.teamId, second.teamId);
  const userId = agreed(first.userId, second.userId);
  return {
    ...(name === undefined ? {} : { name }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(userId === undefined ? {} : { userId }),
  };
}

/** The name that says whose it is. None if the rows name different attempts: it may belong to either. */
function nameOf(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined || second === undefined || isSameAttempt(first, second)) {
    return first ?? second;
  }
  const ours = [first, second].filter((name) => parsePodName(name) !== undefined);
  return ours.length === 2 ? undefined : (ours[0] ?? first);
}

function agreed(first: string | undefined, second: string | undefined): string | undefined {
  return first === undefined || second === undefined || first === second ? (first ?? second) : undefined;
}
