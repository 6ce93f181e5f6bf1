import { isRecord, recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { LoggedRequest } from '../../../src/simulator/api/request-log.ts';
import type { Pod } from '../../../src/simulator/world/pod.ts';
import { OPERATOR } from '../payer-book.ts';
import { isReady, podIdOf, specOf } from '../readings.ts';
import { isByOperator, podIdIn } from './guard.ts';
import type { Guard, GuardedSimulation } from './guard.ts';

/** How much more than the chosen offer an instance may cost if the spec has no cap. */
const TOLERANCE = 1.05;
/** An inventory takes one or two pages for each of a few wallets, and one of them may fail. */
const MAX_LISTS = 16;

/** An instance that becomes Ready is what its spec allows, and its price has been read since it is ACTIVE. */
export function asChosenGuard(simulation: GuardedSimulation): Guard {
  const judged = new Set<string>();
  const reads = new Map<string, LoggedRequest>();
  const lists: LoggedRequest[] = [];
  const { pods, ledger } = simulation.api.world;

  function judge(object: RawObject, pod: Pod): void {
    const { name } = object.metadata;
    for (const [what, isWrong] of differences(object, pod)) {
      if (isWrong) simulation.journal.addViolation('as-chosen', `${name} is Ready on ${pod.name}: ${what}`);
    }
    if (!isPriceRead(pod)) {
      simulation.journal.addViolation(
        'price-read',
        `${name} is Ready, but nobody has read the price of ${pod.name}`,
      );
    }
  }

  function differences(object: RawObject, pod: Pod): readonly (readonly [what: string, isWrong: boolean])[] {
    const spec = specOf(object);
    const { priceHr } = ledger.entry(pod);
    const spot = stringAt(spec['placement'], 'spot') ?? 'Forbid';
    const isSpot = pod.offer.isSpot ?? false;
    const cap = capOf(object, pod);
    const gpuCount = recordAt(spec, 'gpu')['count'] ?? 1;
    const teamId = stringAt(spec, 'teamId') ?? teamOfAccount(pod) ?? null;
    return [
      [
        `spot is ${String(isSpot)}, the spec says ${spot}`,
        spot !== 'Allow' && isSpot !== (spot === 'Require'),
      ],
      [`${pod.offer.gpuCount} GPUs`, pod.offer.gpuCount !== gpuCount],
      [pod.offer.gpuType, !listAt(spec['gpu'], 'types').includes(pod.offer.gpuType)],
      [`in ${String(pod.offer.country)}`, !isListed(spec, 'countries', pod.offer.country)],
      [`paid by ${String(pod.teamId)}`, pod.teamId !== teamId],
      [`it costs ${priceHr} USD/h, the cap is ${cap}`, priceHr > cap + 1e-9],
    ];
  }

  /** The team of the account that pays, which `payerGuard` judges. */
  function teamOfAccount(pod: Pod): string | undefined {
    const intent = simulation.payers?.intents.get(pod.name);
    return intent === undefined || intent.account === OPERATOR ? undefined : intent.teamId;
  }

  function capOf(object: RawObject, pod: Pod): number {
    const { maxPrice } = specOf(object);
    const allowed = simulation.journal.intents.get(pod.name)?.maxPrice ?? 0;
    const cap = Math.max(typeof maxPrice === 'number' ? maxPrice : Infinity, allowed);
    return cap === Infinity ? (pod.maxPrice ?? Infinity) * TOLERANCE : cap;
  }

  function isPriceRead(pod: Pod): boolean {
    const { priceShownFrom, priceShownLateMs } = pod.shown;
    const activeAtMs = pod.createdAtMs + pod.timing.provisioningMs + pod.timing.pendingMs;
    if (priceShownFrom === 'Never') return false;
    return [reads.get(pod.id), ...lists].some(
      (request) =>
        request !== undefined && request.atMs >= activeAtMs + priceShownLateMs && request.status === 200,
    );
  }

  return {
    onChange: (change) => {
      const { kind, object } = change;
      if (kind !== 'gpupods' || !isByOperator(change) || !isReady(object)) return;
      const pod = pods.byId.get(podIdOf(object) ?? '');
      if (pod === undefined || judged.has(pod.id)) return;
      // A person wrote the ID of another GpuPod's instance into this status.
      if (simulation.journal.owners.get(pod.id) !== object.metadata.uid) return;
      judged.add(pod.id);
      judge(object, pod);
    },
    onArrival: ({ request }) => {
      if (request.method !== 'GET') return;
      if (request.route === '/pods/{id}') reads.set(podIdIn(request), request);
      if (request.route !== '/pods/') return;
      lists.push(request);
      lists.splice(0, lists.length - MAX_LISTS);
    },
  };
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list: unknown = isRecord(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

function isListed(spec: Readonly<Record<string, unknown>>, field: string, value: string | null): boolean {
  const allowed = listAt(spec['placement'], field);
  return allowed.length === 0 || allowed.includes(value);
}
