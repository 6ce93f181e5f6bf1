import { accountOfIntent } from './account.ts';
import { writingOf } from './intent.ts';
import type { Intent } from './intent.ts';
import type { BlockReason, LocalState, PodRead, SecretState } from './local-state.ts';
import type { CreateOutcome, DeleteOutcome } from './provider.ts';
import { doubledWaitMs } from './doubled-wait.ts';

/** Turns the outcome of an effect into local state. Pure functions. */

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** The create request of this intent has ended with this outcome. */
export function learnCreate(
  localState: LocalState,
  intent: Intent,
  outcome: CreateOutcome,
  nowMs: number,
): LocalState {
  const intended = accountOfIntent(intent);
  const pendingCreate = {
    podName: intent.name,
    writing: writingOf(intent),
    sent: intent,
    // If somebody strips the intent, only the local state knows whose lists show the instance.
    ...(intended === undefined ? {} : { account: intended }),
    firstSeenAtMs: nowMs,
    requestEndedAtMs: nowMs,
    outcome,
    absences: 0,
  };
  switch (outcome.kind) {
    case 'created': {
      const { podId, userId } = outcome.instance;
      const account = intended ?? (userId === undefined ? undefined : { userId });
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

/**
 * Records the session that sent the create request, whose key may later prove that no instance exists, and the time
 * before the request: no instance of it is older.
 */
export function learnSession(
  localState: LocalState,
  sessionSinceMs: number,
  requestBeganAtMs?: number,
): LocalState {
  const { pendingCreate, unbound } = localState;
  return {
    ...localState,
    ...(pendingCreate === undefined
      ? {}
      : {
          pendingCreate: {
            ...pendingCreate,
            sessionSinceMs,
            ...(requestBeganAtMs === undefined ? {} : { requestBeganAtMs }),
          },
        }),
    ...(unbound === undefined ? {} : { unbound: { ...unbound, sessionSinceMs } }),
  };
}

/** The create request could not be sent. Each failure in a row doubles the wait, from 1 s to 30 s. */
export function learnBlocked(
  localState: LocalState,
  reason: BlockReason,
  message: string,
  nowMs: number,
): LocalState {
  const waitMs = doubledWaitMs(1 + (localState.failure?.count ?? 0), FIRST_RETRY_MS, MAX_RETRY_MS);
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
  const waitMs = doubledWaitMs(count, FIRST_RETRY_MS, MAX_RETRY_MS);
  return {
    ...localState,
    instance: {
      ...rest,
      deleteFailure: {
        reason: outcome.reason,
        message: outcome.message,
        count,
        // An unwanted instance bills, so the wait has an upper bound, whatever `Retry-After` says.
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

/** The provider accepted the DELETE of a duplicate. Whether it terminated, later lists show. */
export function learnDuplicateDeleted(localState: LocalState, podId: string): LocalState {
  const { unbound, ...rest } = localState;
  return unbound?.podId === podId ? rest : localState;
}
