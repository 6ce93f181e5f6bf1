import { isRecord, recordAt, stringAt } from '../../src/kubernetes/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import type { World } from '../../src/simulator/world/world.ts';
import type { Books } from './books.ts';
import { INSTALLATION } from './simulated-world.ts';

/** Two sweeps, and what it takes to end what the second one still shows. */
export const TWO_SWEEPS_MS = 2 * 300_000 + 60_000;

/** What is judged: a world in virtual time, or real processes. */
export interface JudgedWorld {
  readonly api: { readonly world: Pick<World, 'ledger' | 'pods'> };
  readonly server: { list(kind: 'gpupods'): readonly RawObject[] };
  readonly books: Pick<Books, 'uidOf' | 'accuse'>;
  /** Pods that are none of ours, alive from the beginning to the end. */
  readonly foreignIds: readonly string[];
}

export interface Expectation {
  /** How long two pods of one object may bill side by side. @default 0 */
  readonly surplusMs?: number;
  /** Pods of ours that bill at the end although no object wants them, because somebody took the object away by force. */
  readonly orphans?: number;
  /** Names of GpuPods that rightly have no pod at the end. */
  readonly without?: readonly string[];
}

/** Judges by the ledger and the cluster what stands at the end; what must never be is added to the violations. */
export function judgeEnd(world: JudgedWorld, expected: Expectation = {}): void {
  judgeDeeds(world, expected);
  judgeBillable(world, expected);
}

/** Judges what was done so far, also in a world that did not come to its end. */
export function judgeDeeds(world: JudgedWorld, expected: Expectation = {}): void {
  judgeSurplus(world, expected.surplusMs ?? 0);
  judgeDeletes(world);
}

/** At most one live pod per object, as the ledger has it. */
function judgeSurplus(world: JudgedWorld, allowedMs: number): void {
  const byOwner = new Map<string, LedgerEntry[]>();
  for (const entry of ours(world, world.api.world.ledger.entries())) {
    const uid = world.books.uidOf(entry.id, entry.name) ?? entry.name;
    byOwner.set(uid, [...(byOwner.get(uid) ?? []), entry]);
  }
  for (const [uid, entries] of byOwner) {
    for (const [first, second] of pairs(entries)) {
      const fromMs = Math.max(first.createdAtMs, second.createdAtMs);
      const untilMs = Math.min(first.endedAtMs ?? Infinity, second.endedAtMs ?? Infinity);
      if (untilMs - fromMs > allowedMs) {
        const seconds = String((untilMs - fromMs) / 1000);
        world.books.accuse(
          'at-most-one',
          `${uid}: ${first.name} and ${second.name} billed together for ${seconds} s`,
        );
      }
    }
  }
}

/** Pods of ours that bill and that no object names. */
export function surplusOf(world: JudgedWorld): readonly LedgerEntry[] {
  const named = new Set(world.server.list('gpupods').map((object) => stringAt(object['status'], 'podId')));
  return ours(world, world.api.world.ledger.live()).filter(({ id }) => !named.has(id));
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
  for (const { podId, podName } of world.api.world.ledger.deletes) {
    if (podName !== null && !isOurs(podName))
      world.books.accuse('foreign', `DELETE of ${podName} (${podId})`);
  }
  for (const id of world.foreignIds) {
    if (!world.api.world.pods.isLive(world.api.world.pods.get(id)))
      world.books.accuse('foreign', `${id} has ended`);
  }
}

function ours(world: JudgedWorld, entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return entries.filter(({ id, name }) => isOurs(name) && !world.foreignIds.includes(id));
}

function isOurs(name: string): boolean {
  return name.toLowerCase().startsWith(`gp-${INSTALLATION}-`);
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
