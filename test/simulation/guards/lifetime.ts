import { isRecord, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { excusedMs, isAtLimit } from '../limits.ts';
import { statusOf } from '../readings.ts';
import { objectOf, podIdIn } from './guard.ts';
import type { Arrival, Guard, GuardedSimulation } from './guard.ts';

const LIMIT_ENDINGS: ReadonlySet<string> = new Set(['Expired', 'CostLimitReached']);

/**
 * No limit ends an instance early, by the ledger. The first DELETE counts: what a person raises after that comes too
 * late. What lives too long, `judgeLifetimes` reports.
 */
export function lifetimeGuard(simulation: GuardedSimulation): Guard {
  const sent = new Set<string>();

  function judge({ request, actor }: Arrival): void {
    const podId = podIdIn(request);
    const object = objectOf(simulation, actor);
    if (object === undefined || sent.has(podId) || !isEndedByLimit(object)) return;
    sent.add(podId);
    const { ledger, clock } = simulation.api.world;
    const entries = ledger.entries().filter(({ id, name }) => simulation.journal.uidOf(id, name) === actor);
    const nowMs = clock.nowMs();
    if (!isAtLimit(object, entries, nowMs + excusedMs(simulation.operators))) {
      simulation.journal.addViolation(
        'lifetime',
        `${object.metadata.name} was ended by a limit that is not reached`,
      );
    }
  }

  return {
    onArrival: (arrival) => {
      const { method, route } = arrival.request;
      if (method === 'DELETE' && route === '/pods/{id}') judge(arrival);
    },
  };
}

function isEndedByLimit(object: RawObject): boolean {
  const { attempts } = statusOf(object);
  const open = (Array.isArray(attempts) ? attempts : [])
    .filter(isRecord)
    .findLast(({ outcome }) => outcome === undefined);
  return LIMIT_ENDINGS.has(stringAt(open, 'ending') ?? '');
}
