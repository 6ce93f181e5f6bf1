import { isRecord, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import type { World } from '../../src/simulator/world/world.ts';
import { judgeAccountLimits } from './account-sums.ts';
import { OPERATOR } from './payer-book.ts';
import type { PayerBook } from './payer-book.ts';
import { MOST_PASSES } from './progress.ts';
import type { Progress } from './progress.ts';
import { podIdOf } from './readings.ts';
import type { Journal } from './journal.ts';
import { INSTALLATION } from './shared-provider.ts';

/** Two sweeps, and the termination of what the second one still shows. */
export const TWO_SWEEPS_MS = 2 * 300_000 + 60_000;

/** What the oracles judge: a simulation in virtual time, or real processes. */
export interface JudgedSimulation {
  readonly api: { readonly world: Pick<World, 'ledger' | 'pods' | 'clock'> };
  readonly server: { list(kind: 'gpupods'): readonly RawObject[] };
  readonly journal: Pick<Journal, 'uidOf' | 'addViolation' | 'retainedIds' | 'limits' | 'longestLives'>;
  /** Foreign instances that live from the beginning to the end. */
  readonly foreignIds: readonly string[];
  /** Instances of another account. */
  readonly othersIds?: readonly string[];
  /** Instances that a person released by force, and so accepted to pay for. */
  readonly leftIds?: ReadonlySet<string>;
  /** Numbers of the requests that this cluster sent, if there is another cluster. */
  readonly sent?: ReadonlySet<number>;
  /** All installation IDs that its operator ever used. */
  readonly installationIds?: ReadonlySet<string>;
  /** The namespaces that its operator serves. @default all */
  readonly settings?: { readonly watchNamespaces: readonly string[] };
  /** The users whose keys its operator may have. @default user_1 */
  readonly ownUsers?: ReadonlySet<string>;
  /** Who may pay for what, if the operator serves accounts. */
  readonly payers?: PayerBook | undefined;
  /** Where passes are counted. */
  readonly progress?: Pick<Progress, 'passesToRest'>;
}

export interface Expectation {
  /** How long two instances of one object may bill at the same time. @default 0 */
  readonly surplusMs?: number;
  /** The same for some objects only, by UID: a person removed what identifies their instances. */
  readonly surplusMsByUid?: ReadonlyMap<string, number>;
  /** How much longer than its lifetime an instance may live. @default 60 s */
  readonly overdueMs?: number;
  /** Passes with an effect, per object and after the last fault. @default 12 */
  readonly passes?: number;
  /** Instances that bill at the end without a GpuPod, because a person removed it by force. */
  readonly orphans?: number;
  /** Names of GpuPods that rightly have no instance at the end. */
  readonly without?: readonly string[];
}

/** Judges the final state by the ledger and the cluster, and adds violations. */
export function judgeEnd(simulation: JudgedSimulation, expected: Expectation = {}): void {
  judgeRun(simulation, expected);
  judgeBillable(simulation, expected);
  judgePasses(simulation, expected.passes ?? MOST_PASSES);
}

/** Judges everything that happened so far, even in a simulation that did not reach its end. */
export function judgeRun(simulation: JudgedSimulation, expected: Expectation = {}): void {
  judgeSurplus(simulation, expected);
  judgeDeletes(simulation);
  judgePayers(simulation);
  judgeTotal(simulation);
  judgeLifetimes(simulation, expected);
  if (simulation.payers !== undefined) {
    judgeAccountLimits(
      ours(simulation, simulation.api.world.ledger.entries()),
      simulation.payers,
      simulation.journal,
    );
  }
}

/** No create makes all instances together cost more than the limit. */
function judgeTotal(simulation: JudgedSimulation): void {
  const { totalUsdPerHour = Infinity } = simulation.journal.limits;
  const entries = ours(simulation, simulation.api.world.ledger.entries());
  for (const { createdAtMs, name } of totalUsdPerHour === Infinity ? [] : entries) {
    const total = entries
      .filter((entry) => entry.createdAtMs <= createdAtMs)
      .reduce((sum, entry) => sum + costAt(simulation, entry, createdAtMs), 0);
    if (total > totalUsdPerHour) {
      simulation.journal.addViolation(
        'cap',
        `with ${name} all instances cost ${total} USD/h together, above ${totalUsdPerHour}`,
      );
    }
  }
}

/** One poll, and the time that the DELETE takes. */
const OVERDUE_MS = 60_000;

/** No instance lives longer than its GpuPod ever allowed. A retained one has no GpuPod, and so no limit. */
function judgeLifetimes(simulation: JudgedSimulation, { overdueMs = OVERDUE_MS }: Expectation): void {
  const { ledger, clock } = simulation.api.world;
  for (const { id, name, createdAtMs, endedAtMs } of ours(simulation, ledger.entries())) {
    const longestMs =
      simulation.journal.longestLives.get(simulation.journal.uidOf(id, name) ?? '') ?? Infinity;
    const livedMs = (endedAtMs ?? clock.nowMs()) - createdAtMs;
    if (livedMs > longestMs + overdueMs && !simulation.journal.retainedIds.has(id)) {
      const minutes = String(Math.round(livedMs / 60_000));
      simulation.journal.addViolation('lifetime', `${name} lived ${minutes} min, longer than its lifetime`);
    }
  }
}

const HOUR_MS = 3_600_000;

/** USD per hour. Hours charged at once count in full for one hour, even if the instance terminates. */
function costAt(
  simulation: JudgedSimulation,
  { id, createdAtMs, endedAtMs, createdPriceHr }: LedgerEntry,
  atMs: number,
) {
  const prepaidHours = simulation.api.world.pods.byId.get(id)?.offer.prepaidTime ?? 0;
  if (prepaidHours > 0 && atMs - createdAtMs < HOUR_MS) return createdPriceHr * prepaidHours;
  return (endedAtMs ?? Infinity) > atMs ? createdPriceHr : 0;
}

/** At most one live instance per object, by the ledger. */
function judgeSurplus(simulation: JudgedSimulation, { surplusMs = 0, surplusMsByUid }: Expectation): void {
  const byOwner = new Map<string, LedgerEntry[]>();
  for (const entry of ours(simulation, simulation.api.world.ledger.entries())) {
    const uid = simulation.journal.uidOf(entry.id, entry.name) ?? entry.name;
    byOwner.set(uid, [...(byOwner.get(uid) ?? []), entry]);
  }
  for (const [uid, entries] of byOwner) {
    const allowedMs = Math.max(surplusMs, surplusMsByUid?.get(uid) ?? 0);
    for (const [first, second] of pairs(entries)) {
      const togetherMs = overlapMs(first, second);
      if (togetherMs > allowedMs) {
        const seconds = String(togetherMs / 1000);
        simulation.journal.addViolation(
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

/** Instances of this installation that bill, that no object names, and that nobody kept on purpose. */
export function surplusOf(simulation: JudgedSimulation): readonly LedgerEntry[] {
  const named = new Set(simulation.server.list('gpupods').map(podIdOf));
  return ours(simulation, simulation.api.world.ledger.live()).filter(
    ({ id }) =>
      !named.has(id) && !simulation.journal.retainedIds.has(id) && !(simulation.leftIds?.has(id) ?? false),
  );
}

/** The billing instances are exactly those that existing objects name. */
function judgeBillable(simulation: JudgedSimulation, { orphans = 0, without = [] }: Expectation): void {
  const surplus = surplusOf(simulation);
  if (surplus.length !== orphans) {
    simulation.journal.addViolation(
      'billable',
      `bills, but nobody wants it: ${surplus.map(({ name }) => name).join(', ')}`,
    );
  }
  const live = ours(simulation, simulation.api.world.ledger.live());
  for (const object of servedBy(simulation)) {
    const { name } = object.metadata;
    const podId = stringAt(object['status'], 'podId');
    if (podId === undefined) {
      const wantsOne = recordAt(object, 'spec')['suspend'] !== true && !without.includes(name);
      if (wantsOne) simulation.journal.addViolation('billable', `${name} wants an instance and has none`);
    } else if (!live.some(({ id }) => id === podId)) {
      simulation.journal.addViolation('billable', `instance ${podId} of ${name} does not bill`);
    }
  }
}

/** Foreign instances are untouched. */
function judgeDeletes(simulation: JudgedSimulation): void {
  const { ledger, pods } = simulation.api.world;
  const strangers = strangersOf(simulation);
  for (const { podId, podName, requestNumber } of ledger.deletes) {
    if (simulation.sent?.has(requestNumber) === false) continue;
    if (strangers.includes(podId) || (podName !== null && !isOurs(simulation, podName))) {
      simulation.journal.addViolation('foreign', `DELETE of ${podName ?? ''} (${podId})`);
    }
  }
  for (const id of strangers) {
    if (!pods.isLive(pods.get(id))) simulation.journal.addViolation('foreign', `${id} has terminated`);
  }
}

/** No create request uses another account's key. What an account pays for, `payerGuard` judges. */
function judgePayers(simulation: JudgedSimulation): void {
  const { ownUsers = OUR_USERS } = simulation;
  for (const { userId, name } of ours(simulation, simulation.api.world.ledger.entries())) {
    const { account = OPERATOR } = simulation.payers?.intents.get(name) ?? {};
    if (!ownUsers.has(userId) && account === OPERATOR) {
      simulation.journal.addViolation('foreign', `${name} was created on account ${userId}`);
    }
  }
}

/** After the last fault the simulation comes to rest within a few passes over each object. */
function judgePasses({ progress, journal }: JudgedSimulation, most: number): void {
  for (const [key, passes] of progress?.passesToRest() ?? []) {
    if (passes > most) {
      journal.addViolation('settles', `${key} needed ${String(passes)} passes after the last fault`);
    }
  }
}

const OUR_USERS: ReadonlySet<string> = new Set(['user_1']);
const OUR_INSTALLATION: ReadonlySet<string> = new Set([INSTALLATION]);

function strangersOf({ foreignIds, othersIds = [] }: JudgedSimulation): readonly string[] {
  return [...foreignIds, ...othersIds];
}

/** The GpuPods that this operator serves. */
function servedBy({ server, settings }: JudgedSimulation): readonly RawObject[] {
  const { watchNamespaces = [] } = settings ?? {};
  const isServed = ({ metadata: { namespace = '' } }: RawObject): boolean =>
    watchNamespaces.length === 0 || watchNamespaces.includes(namespace);
  return server.list('gpupods').filter(isServed);
}

function ours(simulation: JudgedSimulation, entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const strangers = strangersOf(simulation);
  return entries.filter(({ id, name }) => isOurs(simulation, name) && !strangers.includes(id));
}

function isOurs({ installationIds = OUR_INSTALLATION }: JudgedSimulation, name: string): boolean {
  return [...installationIds].some((id) => name.toLowerCase().startsWith(`gp-${id}-`));
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((first, index) => items.slice(index + 1).map((second) => [first, second] as const));
}

/** The part of a status that must be the same whatever happened: without IDs, names, attempts and times. */
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

/** A comparable status without the fields that depend on the offer. */
export function withoutOffer(status: unknown): unknown {
  if (!isRecord(status)) return status;
  const { offer: _offer, pricePerHour: _price, ...rest } = status;
  return rest;
}
