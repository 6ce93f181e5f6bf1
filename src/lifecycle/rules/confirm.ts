import { untilReadAgainMs } from '../gone.ts';
import type { Knowledge, Sight } from '../knowledge.ts';
import type { RentalMemory } from '../memory.ts';
import { draftStatus } from '../status/draft.ts';
import type { Facts } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { ON_ITS_WAY } from './claims.ts';
import { endTimedOut } from './provision.ts';

/**
 * Nothing gets ready before all that it says of itself, its price above all, was read after it was active: the answer
 * to the create, and looks at a pod that is starting, may say something else. Undefined once that was done.
 */
export function confirmBeforeReady(
  knowledge: Knowledge,
  rental: RentalMemory,
  sight: Sight,
  facts: Facts,
): Step | undefined {
  if (knowledge.gpuPod.status.readyAt !== undefined) {
    return undefined;
  }
  const { detailsAtMs = -Infinity } = sight;
  const activeSeenAtMs = rental.activeSeenAtMs ?? knowledge.now.monotonicMs;
  if (detailsAtMs < activeSeenAtMs) {
    return lookAgain(knowledge, rental, activeSeenAtMs);
  }
  return sight.look.priceUsdPerHour === undefined
    ? (endTimedOut(knowledge, rental, sight) ?? awaitPrice(knowledge, rental, detailsAtMs, facts))
    : undefined;
}

/** While lists work, the next one may take this many times as long as when they do not: in a burst each has many pages. */
const PATIENCE = 3;

/** By the next list, which all share; where lists fail, leave it out, or take too long, by a GET. */
function lookAgain(knowledge: Knowledge, rental: RentalMemory, sinceMs: number): Step {
  const { gpuPod, now, windows, providerFailure, census } = knowledge;
  const isLeftOut = census === undefined || census.doubt !== undefined || census.beganAtMs >= sinceMs;
  const patienceMs = windows.goneSpacingMs * (isLeftOut ? 1 : PATIENCE);
  const isOverdue = now.monotonicMs - sinceMs >= patienceMs;
  const untilReadMs = untilReadAgainMs(rental, now.monotonicMs, windows.goneSpacingMs);
  if ((isOverdue || providerFailure !== undefined) && untilReadMs <= 0) {
    return { kind: 'act', effect: { type: 'readPod', podId: rental.podId } };
  }
  return {
    kind: 'rest',
    status: gpuPod.status,
    againInMs: Math.max(untilReadMs, windows.goneSpacingMs),
    pollOften: true,
    wantsCensusAfterMs: sinceMs,
  };
}

function awaitPrice(knowledge: Knowledge, rental: RentalMemory, readAtMs: number, facts: Facts): Step {
  const { windows } = knowledge;
  const next = lookAgain(knowledge, rental, readAtMs + windows.goneSpacingMs);
  return next.kind === 'act' ? next : { ...next, status: priceUnknown(knowledge, rental, facts) };
}

function priceUnknown(knowledge: Knowledge, { podId }: RentalMemory, facts: Facts): Rest['status'] {
  return draftStatus(
    knowledge,
    {
      Ready: [
        'PriceUnknown',
        `Instance ${podId} is active and bills, but the provider states no price for it. It becomes ready once its price is known and within the cap; otherwise the operator terminates it after provisioningTimeout.`,
      ],
      Provisioned: ['PodActive', `Instance ${podId} is active.`],
      progress: { type: 'Reconciling', claim: ON_ITS_WAY },
    },
    facts,
  );
}
