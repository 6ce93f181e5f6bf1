import type { AwaitedReason, ListDoubt } from '../../lifecycle/observation.ts';
import type { Failure, InstanceList, UnidentifiedRow, Wallet, WalletList } from '../../lifecycle/provider.ts';
import { doubledWaitMs } from '../../lifecycle/doubled-wait.ts';
import { isBefore, laterRow } from './listed-rows.ts';
import type { ListedRow, ListedRows } from './listed-rows.ts';

/** What is known about the instances of one wallet. */
export interface WalletState {
  /** Monotonic time before its last complete list began; -Infinity before the first. */
  readonly completeAtMs: number;
  /** Instances of that list, and those that incomplete lists have shown since. */
  readonly rows: ListedRows;
  /** Rows of the last list without an ID. */
  readonly unidentified: readonly UnidentifiedRow[];
  /** Teams whose instances its last list showed. */
  readonly teams: ReadonlySet<string>;
  /** Why it cannot be listed, since when, and when the operator tries again. */
  readonly failing?: WalletFailure;
}

export interface WalletFailure {
  readonly failure: Failure;
  readonly sinceMs: number;
  readonly count: number;
  readonly retryAtMs: number;
}

/** A wallet that must have been listed completely, and why its last list failed. */
export interface AwaitedWallet {
  readonly wallet: Wallet;
  /** Why its last list failed, or why none is taken. */
  readonly reason?: AwaitedReason;
  /** The provider refuses this list of a team to the key, so nobody waits for it now. */
  readonly isRefused?: boolean;
}

/** The result of listing one wallet. */
export interface WalletReport {
  readonly wallet: Wallet;
  readonly failure?: Failure;
  /** IDs of its instances without a readable name. */
  readonly nameless: readonly string[];
  /** Number of rows without a readable ID. */
  readonly unidentified: number;
  /** The wallet is not listed any more. */
  readonly isDropped?: boolean;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Servers that disagree for longer than this have failed. */
const MAX_CHURN_MS = 60_000;

export const UNLISTED: WalletState = {
  completeAtMs: -Infinity,
  rows: new Map(),
  unidentified: [],
  teams: new Set(),
};

/** The state after one more list of the wallet. */
export function afterList(
  state: WalletState,
  list: InstanceList,
  wallet: WalletList,
  nowMs: number,
): WalletState {
  // A retry that hung may arrive after a list that began later.
  if (list.beganAtMs < state.completeAtMs) {
    return state;
  }
  const ids = new Set(wallet.podIds);
  const { beganAtMs } = list;
  const readAtMs = Math.max(beganAtMs, nowMs);
  const seen = list.instances.filter(({ podId }) => ids.has(podId));
  const shown = new Map(seen.map((instance) => [instance.podId, { instance, beganAtMs, readAtMs }]));
  const { unidentified, failure } = wallet;
  if (failure !== undefined) {
    return afterFailure({ ...state, rows: withRows(state.rows, shown), unidentified }, failure, nowMs);
  }
  const teams = new Set(seen.flatMap(({ teamId }) => teamId ?? []));
  return { completeAtMs: beganAtMs, rows: shown, unidentified, teams };
}

function withRows(known: ListedRows, shown: ListedRows): ListedRows {
  const later = [...shown].map(([podId, row]) => [podId, laterRow(known.get(podId), row)] as const);
  return new Map([...known, ...later]);
}

/**
 * The state after a failed list. Retries back off, and waiting GpuPods do not hurry them. A list that changed too
 * much while it was read is no failure unless that lasts, so the first wait applies each time.
 */
export function afterFailure(state: WalletState, failure: Failure, nowMs: number): WalletState {
  const sinceMs = state.failing?.sinceMs ?? nowMs;
  const isChurn = failure.isUnstable === true && nowMs - sinceMs < MAX_CHURN_MS;
  const count = isChurn ? 1 : (state.failing?.count ?? 0) + 1;
  const waitMs = doubledWaitMs(count, FIRST_RETRY_MS, MAX_RETRY_MS);
  const retryAtMs = nowMs + Math.max(waitMs, failure.retryAfterMs ?? 0);
  return { ...state, failing: { failure, count, sinceMs, retryAtMs } };
}

/**
 * Monotonic time from which the list of a wallet proves an absence. A list without a team that shows the team's
 * instances evidently shows them all, so it counts if the team's own list fails.
 */
export function completeSinceMs(states: ReadonlyMap<Wallet, WalletState>, wallet: Wallet): number {
  return Math.max(...provingWallets(states, wallet).map((one) => (states.get(one) ?? UNLISTED).completeAtMs));
}

/** The wallets whose lists prove an absence from this one, see {@link completeSinceMs}. */
export function provingWallets(
  states: ReadonlyMap<Wallet, WalletState>,
  wallet: Wallet,
): readonly [Wallet, ...Wallet[]] {
  const { completeAtMs } = states.get(wallet) ?? UNLISTED;
  const own = states.get(undefined);
  const isCovered = wallet !== undefined && own?.teams.has(wallet) === true;
  return isCovered && own.completeAtMs > completeAtMs ? [wallet, undefined] : [wallet];
}

/**
 * Brings the rows of all wallets up to date. A wallet whose list fails keeps its rows, but another list may show the
 * same instances: each row becomes the latest one of its instance. Such a row goes once a later list proves that the
 * instance is absent from the wallet that pays for it.
 */
export function bringUpToDate(states: ReadonlyMap<Wallet, WalletState>): ReadonlyMap<Wallet, WalletState> {
  // Without another wallet there is no other list.
  if (states.size <= 1) {
    return states;
  }
  const latest = new Map<string, ListedRow>();
  for (const { rows } of states.values()) {
    for (const [podId, row] of rows) {
      latest.set(podId, laterRow(latest.get(podId), row));
    }
  }
  return new Map(
    [...states].map(([wallet, state]) => {
      const isGone = (row: ListedRow): boolean =>
        state.failing !== undefined && isBefore(row, completeSinceMs(states, wallet ?? row.instance.teamId));
      return [wallet, withLatest(state, latest, isGone)];
    }),
  );
}

function withLatest(
  state: WalletState,
  latest: ListedRows,
  isGone: (row: ListedRow) => boolean,
): WalletState {
  const rows = [...state.rows].map(([podId, row]) => [podId, latest.get(podId) ?? row] as const);
  return { ...state, rows: new Map(rows.filter(([, row]) => !isGone(row))) };
}

const REFUSED_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 422]);

/** Whether the provider refuses this list to the key, as after its user has left the team. */
export function isRefusedList({ failing }: WalletState): boolean {
  return failing !== undefined && REFUSED_STATUSES.has(failing.failure.httpStatus ?? 0);
}

const PASSING: ReadonlySet<Failure['reason']> = new Set([
  'ApiUnavailable',
  'RateLimited',
  'UnexpectedResponse',
]);

/** True unless the failure usually passes by itself and has not lasted. */
export function isWorthReporting(
  { failure, sinceMs }: WalletFailure,
  nowMs: number,
  quietMs: number,
): boolean {
  return !PASSING.has(failure.reason) || nowMs - sinceMs >= quietMs;
}

/** What a failed list means for the GpuPods that it concerns. The text names the wallet. */
export function reportFailure(wallet: Wallet, { failure }: WalletFailure): ListDoubt {
  const whose = wallet === undefined ? 'that no team pays for' : `of team ${wallet}`;
  const message = `Failed to list the instances ${whose}. GpuPods that need that list keep waiting, and their instances may bill. ${failure.message}`;
  return { reason: failure.reason, message };
}

/** The team of a create intent is no longer among the listed ones. */
export function reportUnlisted(teamId: string): ListDoubt {
  return {
    reason: 'NotAllowed',
    message:
      `The create intent of this GpuPod names team ${teamId}, which the operator does not list. It does not see the team's instances, which may bill. ` +
      'Add the team to --allowed-team-ids until they are terminated.',
  };
}
