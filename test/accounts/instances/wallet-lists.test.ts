import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import { afterFailure, afterList, UNLISTED } from '../../../src/accounts/instances/wallet-lists.ts';
import type { WalletState } from '../../../src/accounts/instances/wallet-lists.ts';

const down: Failure = { kind: 'failure', reason: 'ApiUnavailable', message: 'HTTP status 503.' };
const moved: Failure = { kind: 'failure', reason: 'UnexpectedResponse', message: 'moved', isUnstable: true };

/** The times at which the wallet may be listed again after consecutive failures. */
function waits(failures: readonly Failure[]): readonly (number | undefined)[] {
  let state: WalletState = UNLISTED;
  return failures.map((failure) => {
    state = afterFailure(state, failure, 0);
    return state.failing?.retryAtMs;
  });
}

describe('a wallet that cannot be listed', () => {
  it('is listed again after growing pauses while its list fails', () => {
    expect(waits([down, down, down, down, down, down])).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  });

  it('is listed again after one second while its list only changes too much', () => {
    expect(waits([moved, moved, moved, moved])).toEqual([1_000, 1_000, 1_000, 1_000]);
  });

  it('keeps the time of the first failure when the reason changes, so that a lasting failure is reported', () => {
    const state = afterFailure(afterFailure(UNLISTED, down, 5), moved, 70_000);

    expect(state.failing).toMatchObject({ sinceMs: 5, retryAtMs: 72_000 });
  });

  it('is healthy after a complete list', () => {
    const wallet = { wallet: undefined, podIds: [], unidentified: [] };
    const list = { instances: [], beganAtMs: 7, wallets: [wallet] };
    const state = afterList(afterFailure(UNLISTED, moved, 0), list, wallet, 8);

    expect([state.failing, state.completeAtMs]).toEqual([undefined, 7]);
  });

  it('keeps a list that began later, when one that hung arrives after it', () => {
    const wallet = { wallet: undefined, podIds: [], unidentified: [] };
    const listAt = (beganAtMs: number) => ({ instances: [], beganAtMs, wallets: [wallet] });
    const newer = afterList(UNLISTED, listAt(4_000), wallet, 4_100);

    expect(afterList(newer, listAt(2_000), wallet, 4_200)).toBe(newer);
    expect(afterList(newer, listAt(4_001), wallet, 4_300).completeAtMs).toBe(4_001);
  });
});
