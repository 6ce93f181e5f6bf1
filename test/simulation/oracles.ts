import { isRecord, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import type { World } from '../../src/simulator/world/world.ts';
import { MOST_PASSES } from './progress.ts';
import type { Progress } from './progress.ts';
import { podIdOf } from './readings.ts';
import type { Books } from './books.ts';
import { INSTALLATION } from './shared-world.ts';

/** Two sweeps, and what it takes to end what the second one still shows. */
export const TWO_SWEEPS_MS = 2 * 300_000 + 60_000;

/** What is judged: a world in virtual time, or real processes. */
export interface JudgedWorld {
  readonly api: { readonly world: Pick<World, 'ledger' | 'pods'> };
  readonly server: { list(kind: 'gpupods'): readonly RawObject[] };
  readonly books: Pick<Books, 'uidOf' | 'accuse' | 'retainedIds' | 'limits'>;
  /** Pods that are none of ours, alive from the beginning to the end. */
  readonly foreignIds: readonly string[];
  /** Pods of another account. */
  readonly othersIds?: readonly string[];
  /** Pods whose bill a person took upon himself: released by force. */
  readonly leftIds?: ReadonlySet<string>;
  /** Numbers of the requests that this cluster sent, where there is another one. */
  readonly sent?: ReadonlySet<number>;
  /** Ids that its operator ever went by. */
  readonly installationIds?: ReadonlySet<string>;
  /** Where passes are counted. */
  readonly progress?: Pick<Progress, 'passesToRest'>;
}

export interface Expectation {
  /** How long two pods of one object may bill side by side. @default 0 */
  readonly surplusMs?: number;
  /** The same for some objects only, by uid: what they were known by was taken off them. */
  readonly surplusMsByUid?: ReadonlyMap<string, number>;
  /** Passes with something to do, per object and after the last fault. @default 12 */
  readonly passes?: number;
  /** Pods of ours that bill at the end although no object wants them, because somebody took the object away by force. */
  readonly orphans?: number;
  /** Names of GpuPods that rightly have no pod at the end. */
  readonly without?: readonly string[];
}

/** Judges by the ledger and the cluster what stands at the end; what must never be is added to the violations. */
export function judgeEnd(world: JudgedWorld, expected: Expectation = {}): void {
  judgeDeeds(world, expected);
  judgeBillable(world, expected);
  judgePasses(world, expected.passes ?? MOST_PASSES);
}

/** Judges what was done so far, also in a world that did not come to its end. */
export function judgeDeeds(world: JudgedWorld, expected: Expectation = {}): void {
  judgeSurplus(world, expected);
  judgeDeletes(world);
  judgePayers(world);
  judgeTotal(world);
}

/** No machine came to be that made all of them together dearer than the operator may let them be. */
function judgeTotal(world: JudgedWorld): void {
  const { totalUsdPerHour = Infinity } = world.books.limits;
  const entries = ours(world, world.api.world.ledger.entries());
  for (const { createdAtMs, name } of totalUsdPerHour === Infinity ? [] : entries) {
    const total = entries
      .filter((entry) => entry.createdAtMs <= createdAtMs)
      .reduce((sum, entry) => sum + costAt(world, entry, createdAtMs), 0);
    if (total > totalUsdPerHour) {
      world.books.accuse('cap', `with ${name} all cost ${total} USD/h together, above ${totalUsdPerHour}`);
    }
  }
}

const HOUR_MS = 3_600_000;

/** USD per hour; hours that were charged at once count in full for an hour, whatever became of the instance. */
function costAt(
  world: JudgedWorld,
  { id, createdAtMs, endedAtMs, createdPriceHr }: LedgerEntry,
  atMs: number,
) {
  const prepaidHours = world.api.world.pods.byId.get(id)?.offer.prepaidTime ?? 0;
  if (prepaidHours > 0 && atMs - createdAtMs < HOUR_MS) return createdPriceHr * prepaidHours;
  return (endedAtMs ?? Infinity) > atMs ? createdPriceHr : 0;
}

/** At most one live pod per object, as the ledger has it. */
function judgeSurplus(world: JudgedWorld, { surplusMs = 0, surplusMsByUid }: Expectation): void {
  const byOwner = new Map<string, LedgerEntry[]>();
  for (const entry of ours(world, world.api.world.ledger.entries())) {
    const uid = world.books.uidOf(entry.id, entry.name) ?? entry.name;
    byOwner.set(uid, [...(byOwner.get(uid) ?? []), entry]);
  }
  for (const [uid, entries] of byOwner) {
    const allowedMs = Math.max(surplusMs, surplusMsByUid?.get(uid) ?? 0);
    for (const [first, second] of pairs(entries)) {
      const togetherMs = overlapMs(first, second);
      if (togetherMs > allowedMs) {
        const seconds = String(togetherMs / 1000);
        world.books.accuse(
          'at-most-one',
          `${uid}: ${first.name} and ${second.name} billed together for ${seconds} s`,
        );
      }
    }
  }
}

function overlapMs(first: LedgerEntry, second: LedgerEntry): number {
  const fromMs = Math.max(first.createdAtMs, second.createdAtMs);
  return Math.min(first.endedAtMs ?? Infinity, second.endedAtMs ?? Infinity) - fromMs;
}

/** Pods of ours that bill, that no object names, and that nobody left running on purpose. */
export function surplusOf(world: JudgedWorld): readonly LedgerEntry[] {
  const named = new Set(world.server.list('gpupods').map(podIdOf));
  return ours(world, world.api.world.ledger.live()).filter(
    ({ id }) => !named.has(id) && !world.books.retainedIds.has(id) && !(world.leftIds?.has(id) ?? false),
  );
}

/** What bills is what living objects name, and nothing else. */
function judgeBillable(world: JudgedWorld, { orphans = 0, without = [] }: Expectation): void {
  const surplus = surplusOf(world);
  if (surplus.length !== orphans) {
    world.books.accuse(
      'billable',
      `bills and nobody wants it: ${surplus.map(({ name }) => name).join(', ')}`,
    );
  }
  const live = ours(world, world.api.world.ledger.live());
  for (const object of world.server.list('gpupods')) {
    const { name } = object.metadata;
    const podId = stringAt(object['status'], 'podId');
    if (podId === undefined) {
      const wantsOne = recordAt(object, 'spec')['suspend'] !== true && !without.includes(name);
      if (wantsOne) world.books.accuse('billable', `${name} wants a pod and has none`);
    } else if (!live.some(({ id }) => id === podId)) {
      world.books.accuse('billable', `pod ${podId} of ${name} does not bill`);
    }
  }
}

/** Nothing of anybody else is touched. */
function judgeDeletes(world: JudgedWorld): void {
  const { ledger, pods } = world.api.world;
  const strangers = strangersOf(world);
  for (const { podId, podName, requestNumber } of ledger.deletes) {
    if (world.sent?.has(requestNumber) === false) continue;
    if (strangers.includes(podId) || (podName !== null && !isOurs(world, podName))) {
      world.books.accuse('foreign', `DELETE of ${podName ?? ''} (${podId})`);
    }
  }
  for (const id of strangers) {
    if (!pods.isLive(pods.get(id))) world.books.accuse('foreign', `${id} has ended`);
  }
}

/** Nothing is ordered with anybody else's key. */
function judgePayers(world: JudgedWorld): void {
  for (const { userId, name } of ours(world, world.api.world.ledger.entries())) {
    if (userId !== OUR_USER) world.books.accuse('foreign', `${name} was ordered from account ${userId}`);
  }
}

/** After the last fault the world comes to rest within few passes over each object. */
function judgePasses({ progress, books }: JudgedWorld, most: number): void {
  for (const [key, passes] of progress?.passesToRest() ?? []) {
    if (passes > most) books.accuse('settles', `${key} needed ${String(passes)} passes after the last fault`);
  }
}

const OUR_USER = 'user_1';
const OUR_INSTALLATION: ReadonlySet<string> = new Set([INSTALLATION]);

function strangersOf({ foreignIds, othersIds = [] }: JudgedWorld): readonly string[] {
  return [...foreignIds, ...othersIds];
}

function ours(world: JudgedWorld, entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const strangers = strangersOf(world);
  return entries.filter(({ id, name }) => isOurs(world, name) && !strangers.includes(id));
}

function isOurs({ installationIds = OUR_INSTALLATION }: JudgedWorld, name: string): boolean {
  return [...installationIds].some((id) => name.toLowerCase().startsWith(`gp-${id}-`));
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((first, index) => items.slice(index + 1).map((second) => [first, second] as const));
}

/** What of a status must be the same, whatever happened on the way: ids, names, attempts and times are left out. */
export function comparableStatus(status: unknown): unknown {
  const { phase, cost, offer, ssh, binding, conditions } = isRecord(status) ? { ...status } : {};
  const price = isRecord(cost) ? cost : {};
  return {
    phase,
    offer: isRecord(offer) ? stringAt(offer, 'cloudId') : undefined,
    pricePerHour: price['pricePerHour'],
    maxPrice: price['maxPrice'],
    hasSsh: ssh !== undefined,
    binding,
    conditions: (Array.isArray(conditions) ? conditions : []).filter(isRecord).map((condition) => ({
      type: condition['type'],
      status: condition['status'],
      reason: condition['reason'] === 'Adopted' ? 'Selected' : condition['reason'],
    })),
  };
}

/** A comparable status without what differs where another offer was taken. */
export function withoutOffer(status: unknown): unknown {
  if (!isRecord(status)) return status;
  const { offer: _offer, pricePerHour: _price, ...rest } = status;
  return rest;
}
