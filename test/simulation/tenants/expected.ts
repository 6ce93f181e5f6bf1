import { numberAt, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { LedgerEntry } from '../../../src/simulator/world/ledger.ts';
import { NOBODY } from '../payer-book.ts';
import type { PayerBook } from '../payer-book.ts';
import { isReady, podIdOf, reasonOf, specOf } from '../readings.ts';
import type { Simulation } from '../simulation.ts';
import { CHEAPEST } from './cast.ts';

/** Why a GpuPod may rightly have no instance although nobody suspended it. */
const HELD: ReadonlySet<string> = new Set([
  'AccountNotFound',
  'AmbiguousAccount',
  'AccountSuspended',
  'NotAllowed',
]);

/** Whether a GpuPod has reached what its spec, the accounts and their limits allow, by the rules of this simulation. */
export function isAtItsEnd(simulation: Simulation, payers: PayerBook, object: RawObject): boolean {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) return false;
  const isRented = podIdOf(object) !== undefined;
  if (specOf(object)['suspend'] === true) {
    return !isRented && (isHeld(payers, object) || reasonOf(object, 'Ready') === 'Suspended');
  }
  return isRented
    ? isReady(object) && finalizers.length > 0
    : isHeld(payers, object) || isLimited(simulation, payers, object);
}

/** It has no account that may pay, and says so. */
function isHeld(payers: PayerBook, object: RawObject): boolean {
  return payers.candidateNow(object.metadata.uid) === NOBODY && HELD.has(reasonOf(object, 'Synced') ?? '');
}

/** Its account allows no instance for it, at all or now, and it says so. */
function isLimited(simulation: Simulation, payers: PayerBook, object: RawObject): boolean {
  const account = payers.candidateNow(object.metadata.uid);
  if (account === undefined || account === NOBODY) return false;
  const synced = reasonOf(object, 'Synced') ?? '';
  const isFull = synced === 'BudgetExceeded' && !hasRoom(simulation, payers, object, account);
  return isFull || isExcluded(object, account, payers, synced);
}

/** Retain is forbidden, or no offer fits the price limit or the GPU types of the account. */
function isExcluded(object: RawObject, account: string, payers: PayerBook, synced: string): boolean {
  const limits = payers.limitsNow(account);
  const spec = specOf(object);
  const isRetained =
    spec['deletionPolicy'] === 'Retain' && limits['allowRetain'] !== true && account.startsWith('Cluster');
  if (isRetained) return synced === 'NotAllowed';
  const types = limits['gpuTypes'];
  const isOtherType = Array.isArray(types) && !types.includes(typeOf(object));
  const most = numberAt(limits, 'maxPrice') ?? Infinity;
  const isTooDear = priceOf(object) > Math.min(most, numberAt(spec, 'maxPrice') ?? 2.2);
  return (isOtherType || isTooDear) && reasonOf(object, 'Ready') === 'NoMatchingOffer';
}

function typeOf(object: RawObject): string {
  const types: unknown = recordAt(specOf(object), 'gpu')['types'];
  return Array.isArray(types) ? String(types[0]) : '';
}

function gpusOf(object: RawObject): number {
  return numberAt(recordAt(specOf(object), 'gpu'), 'count') ?? 1;
}

function priceOf(object: RawObject): number {
  return CHEAPEST[`${String(gpusOf(object))} ${typeOf(object)}`] ?? 0;
}

/** Whether every limit on a sum leaves room for another instance, if all that may count does. */
function hasRoom(
  { api, server }: Simulation,
  payers: PayerBook,
  object: RawObject,
  account: string,
): boolean {
  const limits = payers.limitsNow(account);
  const live = api.world.ledger.live().filter((entry) => mayCount(entry));
  const here = live.filter(({ name }) => payers.intents.get(name)?.namespace === object.metadata.namespace);
  return fits(limits, live) && fits(recordAt(limits, 'perNamespace'), here);

  function mayCount({ name, userId }: LedgerEntry): boolean {
    const intent = payers.intents.get(name);
    if (intent === undefined) return false;
    // Without its GpuPod an instance counts for every account of its user.
    const isLeft = server.list('gpupods').every(({ metadata }) => metadata.uid !== intent.uid);
    return intent.account === account || (isLeft && payers.usersOf(account).includes(userId));
  }

  function fits(scope: Readonly<Record<string, unknown>>, counted: readonly LedgerEntry[]): boolean {
    const sum = (measure: (entry: LedgerEntry) => number): number =>
      counted.reduce((total, entry) => total + measure(entry), 0);
    return (
      counted.length + 1 <= (numberAt(scope, 'maxInstances') ?? Infinity) &&
      sum(({ gpuCount }) => gpuCount) + gpusOf(object) <= (numberAt(scope, 'maxGpus') ?? Infinity) &&
      sum(({ createdPriceHr }) => createdPriceHr) + priceOf(object) <=
        (numberAt(scope, 'maxPricePerHour') ?? Infinity)
    );
  }
}

/** One line about a GpuPod that is not at its end. */
export function describe(payers: PayerBook, object: RawObject): string {
  const { namespace = '', name, uid, deletionTimestamp } = object.metadata;
  const reasons = ['Ready', 'Synced', 'Stalled'].map((type) => reasonOf(object, type) ?? '-').join(' ');
  const ref = JSON.stringify(specOf(object)['accountRef'] ?? 'none');
  const deleting = deletionTimestamp === undefined ? '' : ' deleting';
  const pays = payers.candidateNow(uid) ?? '';
  return `${namespace}/${name}${deleting} (${pays} ${ref} ${stringAt(object['status'], 'podId') ?? 'nothing'}): ${reasons}`;
}
