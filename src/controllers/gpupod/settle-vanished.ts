import { splitKey } from '../../kubernetes/objects.ts';
import { identityOf, isSameAccount, sessionBeganAtMs } from '../../lifecycle/account.ts';
import type { InventoryView } from '../../lifecycle/observation.ts';
import type { LocalState } from '../../lifecycle/local-state.ts';
import type { AccountSession } from '../../accounts/session.ts';
import { whileSessionLasts } from '../../accounts/identity/session-fence.ts';
import type { Context } from './context.ts';
import type { Remembered } from './local-states.ts';

type Settling = Pick<
  Context,
  'localStates' | 'adoptions' | 'session' | 'clock' | 'timings' | 'log' | 'probes' | 'sweepSshKeys'
>;
type Unbound = NonNullable<LocalState['unbound']>;

/**
 * Forgets a GpuPod of this name that no longer exists. If the create response came after its deletion, only this
 * process knows the instance. It is terminated first, and seen terminated.
 *
 * @returns undefined once there is nothing to settle; else milliseconds until the next check
 * @throws Error if the provider does not accept the DELETE
 */
export async function settleVanished(
  context: Settling,
  key: string,
  livingUid: string | undefined,
): Promise<number | undefined> {
  const vanished = context.localStates.ofVanished(key, livingUid);
  if (vanished === undefined) {
    return undefined;
  }
  const { unbound } = vanished.localState;
  if (unbound !== undefined && !isSeenTerminated(context, vanished.localState, unbound)) {
    return await terminateUnbound(context, key, vanished, unbound);
  }
  if (vanished.localState.isReleased !== true) {
    // Nobody released it, so nobody has looked for its SSH key.
    context.sweepSshKeys();
  }
  context.localStates.delete(key);
  context.probes?.want(key, undefined);
  context.adoptions.release(vanished.uid);
  if (unbound !== undefined) {
    context.session.reservations.settle(unbound.podName);
  }
  context.session.inventory.forget(key);
  context.session.poller.keepOnly(key, undefined);
  return undefined;
}

async function terminateUnbound(
  context: Settling,
  key: string,
  { uid, localState }: Remembered,
  unbound: Unbound,
): Promise<number> {
  const { clock, timings, session } = context;
  if (!isOfSession(context.session, unbound)) {
    return timings.goneSpacingMs;
  }
  if (isDeleteDue(context, unbound)) {
    const { podId, podName } = unbound;
    const outcome = await context.session.provider.deletePod(podId, whileSessionLasts(context.session));
    context.log.warn(
      { ...splitKey(key), podId, podName, outcome: outcome.kind },
      'requested termination of the instance of a vanished GpuPod',
    );
    if (outcome.kind === 'failure') {
      throw new Error(`failed to terminate instance ${podId} of a vanished GpuPod: ${outcome.message}`);
    }
    const end = { askedAtMs: clock.monotonicMs(), wasKnown: outcome.kind === 'accepted' };
    context.localStates.set(key, uid, { ...localState, unbound: { ...unbound, end } });
  }
  session.inventory.want(key, { afterMs: clock.monotonicMs(), wallets: [unbound.teamId] });
  return timings.goneSpacingMs;
}

/** Neither a 404 nor a list of another account proves anything. */
function isOfSession({ account: { state } }: AccountSession, { account, sessionSinceMs }: Unbound): boolean {
  const identity = identityOf(state);
  if (account === undefined || identity === undefined) {
    return state.kind === 'fits' && (sessionSinceMs ?? sessionBeganAtMs(state)) === sessionBeganAtMs(state);
  }
  return isSameAccount(identity, account);
}

function isDeleteDue({ clock, timings, session }: Settling, unbound: Unbound): boolean {
  const { end } = unbound;
  const isListed = viewOf(session, unbound)?.live.length === 1;
  return end === undefined || (isListed && clock.monotonicMs() - end.askedAtMs >= timings.deleteResendMs);
}

function viewOf({ inventory }: AccountSession, { podId, teamId }: Unbound): InventoryView | undefined {
  return inventory.view({ namePrefixes: new Set(), podId, wallets: [teamId] });
}

/**
 * True if a list that began after the DELETE does not show the instance. If even the DELETE did not find it, only a
 * list after the settle time counts.
 */
function isSeenTerminated(context: Settling, { pendingCreate }: LocalState, unbound: Unbound): boolean {
  const { timings, session } = context;
  const { end } = unbound;
  const list = viewOf(session, unbound);
  if (end === undefined || list === undefined || !isOfSession(context.session, unbound)) {
    return false;
  }
  const requestedAtMs = pendingCreate?.requestEndedAtMs ?? end.askedAtMs;
  const sinceMs = end.wasKnown ? end.askedAtMs : Math.max(end.askedAtMs, requestedAtMs + timings.settleMs);
  const isAfter = list.beganAtMs >= Math.max(sinceMs, sessionBeganAtMs(context.session.account.state));
  return isAfter && list.live.length === 0;
}
