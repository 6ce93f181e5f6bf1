import { accountOfIntent } from './account.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import type { BlockReason, LocalState, PodRead, SecretState } from './local-state.ts';
import type { CreateOutcome, DeleteOutcome } from './provider.ts';

/** What is remembered of the outcome of an effect. Pure. */

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** The request for this order ended now, with this outcome. */
export function learnCreate(
  localState: LocalState,
  intent: Intent,
  outcome: CreateOutcome,
  nowMs: number,
): LocalState {
  const pendingCreate = {
    podName: intent.name,
    writing: writingOf(intent),
    firstSeenAtMs: nowMs,
    requestEndedAtMs: nowMs,
    outcome,
    absences: 0,
  };
  switch (outcome.kind) {
    case 'created': {
      const { podId, userId } = outcome.instance;
      const account = accountOfIntent(intent) ?? (userId === undefined ? undefined : { userId });
      const { teamId } = intent;
      const unbound = { podId, podName: intent.name, teamId, ...(account === undefined ? {} : { account }) };
      return { ...localState, pendingCreate, unbound };
    }
    case 'notSent': {
      const reason = outcome.reason === 'Withheld' ? 'ApiUnavailable' : outcome.reason;
      return learnBlocked({ ...localState, pendingCreate }, reason, outcome.message, nowMs);
    }
    case 'refused':
    case 'unknown':
      return { ...localState, pendingCreate };
  }
}

/** The order was sent in this session: the key that asks what came of it is the key that sent it. */
export function learnSession(localState: LocalState, sessionSinceMs: number): LocalState {
  const { pendingCreate, unbound } = localState;
  return {
    ...localState,
    ...(pendingCreate === undefined ? {} : { pendingCreate: { ...pendingCreate, sessionSinceMs } }),
    ...(unbound === undefined ? {} : { unbound: { ...unbound, sessionSinceMs } }),
  };
}

/** The order could not be sent; it is tried again, later with each time in a row. */
export function learnBlocked(
  localState: LocalState,
  reason: BlockReason,
  message: string,
  nowMs: number,
): LocalState {
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(localState.failure?.count ?? 0, 8));
  return { ...localState, blocked: { reason, message, untilMs: nowMs + waitMs } };
}

export function learnDelete(
  localState: LocalState,
  podId: string,
  outcome: DeleteOutcome,
  nowMs: number,
): LocalState {
  const { instance } = localState;
  if (instance?.podId !== podId) {
    return localState;
  }
  const { deleteFailure, ...rest } = instance;
  if (outcome.kind !== 'failure') {
    return { ...localState, instance: { ...rest, deletedAtMs: nowMs } };
  }
  const count = (deleteFailure?.count ?? 0) + 1;
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(count - 1, 8));
  return {
    ...localState,
    instance: {
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

export function learnRead(localState: LocalState, podId: string, read: PodRead): LocalState {
  const { instance } = localState;
  return instance?.podId === podId ? { ...localState, instance: { ...instance, read } } : localState;
}

export function learnSecret(
  localState: LocalState,
  secret: Omit<SecretState, 'atMs'>,
  nowMs: number,
): LocalState {
  return { ...localState, secret: { ...secret, atMs: nowMs } };
}

/** A surplus pod was sent a DELETE that was accepted; whether it is gone the next lists will tell. */
export function learnDuplicateDeleted(localState: LocalState, podId: string): LocalState {
  const { unbound, ...rest } = localState;
  return unbound?.podId === podId ? rest : localState;
}
