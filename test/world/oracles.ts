import { isRecord, stringAt } from '../../src/kubernetes/json.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { INSTALLATION } from './simulated-world.ts';

/** Two sweeps, and what it takes to end what the second one still shows. */
export const TWO_SWEEPS_MS = 2 * 300_000 + 60_000;

export interface Expectation {
  /** How long two pods of one object may bill side by side. @default 0 */
  readonly surplusMs?: number;
  /** Pods of ours that bill at the end although no object wants them, because somebody took the object away by force. */
  readonly orphans?: number;
}

/** Judges by the ledger and the cluster what stands at the end; what must never be is added to the violations. */
export function judgeEnd(world: SimulatedWorld, expected: Expectation = {}): void {
  judgeDeeds(world, expected);
  judgeBillable(world, expected.orphans ?? 0);
}

/** Judges what was done so far, also in a world that did not come to its end. */
export function judgeDeeds(world: SimulatedWorld, expected: Expectation = {}): void {
  judgeSurplus(world, expected.surplusMs ?? 0);
  judgeDeletes(world);
}

/** At most one live pod per object, as the ledger has it. */
function judgeSurplus(world: SimulatedWorld, allowedMs: number): void {
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
export function surplusOf(world: SimulatedWorld): readonly LedgerEntry[] {
  const named = new Set(world.server.list('gpupods').map((object) => stringAt(object['status'], 'podId')));
  return ours(world, world.api.world.ledger.live()).filter(({ id }) => !named.has(id));
}

/** What bills is what living objects name, and nothing else. */
function judgeBillable(world: SimulatedWorld, orphans: number): void {
  const live = ours(world, world.api.world.ledger.live());
  const wanted = new Map<string, string>();
  for (const object of world.server.list('gpupods')) {
    const podId = stringAt(object['status'], 'podId');
    if (podId !== undefined) wanted.set(podId, object.metadata.name);
    const spec = isRecord(object['spec']) ? object['spec'] : {};
    if (spec['suspend'] !== true && podId === undefined) {
      world.books.accuse('billable', `${object.metadata.name} wants a pod and has none`);
    }
  }
  const surplus = surplusOf(world);
  if (surplus.length !== orphans) {
    world.books.accuse(
      'billable',
      `bills and nobody wants it: ${surplus.map(({ name }) => name).join(', ')}`,
    );
  }
  for (const [podId, name] of wanted) {
    if (!live.some(({ id }) => id === podId))
      world.books.accuse('billable', `pod ${podId} of ${name} does not bill`);
  }
}

/** Nothing of anybody else is touched. */
function judgeDeletes(world: SimulatedWorld): void {
  for (const { podId, podName } of world.api.world.ledger.deletes) {
    if (podName !== null && !isOurs(podName))
      world.books.accuse('foreign', `DELETE of ${podName} (${podId})`);
  }
  for (const id of world.foreignIds) {
    if (!world.api.world.pods.isLive(world.api.world.pods.get(id)))
      world.books.accuse('foreign', `${id} has ended`);
  }
}

function ours(world: SimulatedWorld, entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
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
