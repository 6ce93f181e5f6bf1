import { accountOfIntent } from './account.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import type { BlockReason, Memory, PodRead, SecretMemory } from './memory.ts';
import type { CreateOutcome, DeleteOutcome } from './provider.ts';

/** What is remembered of the outcome of an effect. Pure. */

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** The request for this order ended now, with this outcome. */
export function learnCreate(memory: Memory, intent: Intent, outcome: CreateOutcome, nowMs: number): Memory {
  const order = {
    podName: intent.name,
    writing: writingOf(intent),
    firstSeenAtMs: nowMs,
    requestEndedAtMs: nowMs,
    outcome,
    absences: 0,
  };
  switch (outcome.kind) {
    case 'created': {
      const { podId, userId } = outcome.pod;
      const account = accountOfIntent(intent) ?? (userId === undefined ? undefined : { userId });
      const { teamId } = intent;
      const unbound = { podId, podName: intent.name, teamId, ...(account === undefined ? {} : { account }) };
      return { ...memory, order, unbound };
    }
    case 'notSent': {
      const reason = outcome.reason === 'Withheld' ? 'ApiUnavailable' : outcome.reason;
      return learnBlocked({ ...memory, order }, reason, outcome.message, nowMs);
    }
    case 'refused':
    case 'unknown':
      return { ...memory, order };
  }
}

/** The order was sent in this session: the key that asks what came of it is the key that sent it. */
export function learnSession(memory: Memory, sessionSinceMs: number): Memory {
  const { order, unbound } = memory;
  return {
    ...memory,
    ...(order === undefined ? {} : { order: { ...order, sessionSinceMs } }),
    ...(unbound === undefined ? {} : { unbound: { ...unbound, sessionSinceMs } }),
  };
}

/** The order could not be sent; it is tried again, later with each time in a row. */
export function learnBlocked(memory: Memory, reason: BlockReason, message: string, nowMs: number): Memory {
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(memory.failure?.count ?? 0, 8));
  return { ...memory, blocked: { reason, message, untilMs: nowMs + waitMs } };
}

export function learnDelete(memory: Memory, podId: string, outcome: DeleteOutcome, nowMs: number): Memory {
  const { rental } = memory;
  if (rental?.podId !== podId) {
    return memory;
  }
  const { deleteFailure, ...rest } = rental;
  if (outcome.kind !== 'failure') {
    return { ...memory, rental: { ...rest, deletedAtMs: nowMs } };
  }
  const count = (deleteFailure?.count ?? 0) + 1;
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(count - 1, 8));
  return {
    ...memory,
    rental: {
      ...rest,
      deleteFailure: {
        reason: outcome.reason,
        message: outcome.message,
        count,
        // Whatever anybody was told: an instance that is not wanted bills.
        retryAtMs: nowMs + Math.min(MAX_RETRY_MS, Math.max(waitMs, outcome.retryAfterMs ?? 0)),
      },
    },
  };
}

export function learnRead(memory: Memory, podId: string, read: PodRead): Memory {
  const { rental } = memory;
  return rental?.podId === podId ? { ...memory, rental: { ...rental, read } } : memory;
}

export function learnSecret(memory: Memory, secret: Omit<SecretMemory, 'atMs'>, nowMs: number): Memory {
  return { ...memory, secret: { ...secret, atMs: nowMs } };
}

/** A surplus pod was sent a DELETE that was accepted; whether it is gone the next lists will tell. */
export function learnStrayDeleted(memory: Memory, podId: string): Memory {
  const { unbound, ...rest } = memory;
  return unbound?.podId === podId ? rest : memory;
}
