import { splitKey } from '../kubernetes/objects.ts';
import { identityOf, isSameAccount, sessionBeganAtMs } from '../lifecycle/account.ts';
import type { ObjectCensus } from '../lifecycle/observation.ts';
import type { Memory } from '../lifecycle/memory.ts';
import type { Context } from './context.ts';
import type { Remembered } from './memories.ts';
import { whileSessionLasts } from './session-fence.ts';

type Unbound = NonNullable<Memory['unbound']>;

/**
 * Forgets an object of this name that is gone by now. A pod that only this process knows of, because its answer came
 * when the object had gone, is ended first, and seen to have ended.
 *
 * @returns undefined once there is nothing to settle; else when to look again, in milliseconds.
 * @throws Error where the provider does not take the DELETE.
 */
export async function settleVanished(
  context: Context,
  key: string,
  livingUid: string | undefined,
): Promise<number | undefined> {
  const vanished = context.memories.ofVanished(key, livingUid);
  if (vanished === undefined) {
    return undefined;
  }
  const { unbound } = vanished.memory;
  if (unbound !== undefined && !isSeenGone(context, vanished.memory, unbound)) {
    return await endUnbound(context, key, vanished, unbound);
  }
  context.memories.delete(key);
  context.claims.release(vanished.uid);
  context.commitments.release(vanished.uid);
  context.census.forget(key);
  context.podWatch.keepOnly(key, undefined);
  return undefined;
}

async function endUnbound(
  context: Context,
  key: string,
  { uid, memory }: Remembered,
  unbound: Unbound,
): Promise<number> {
  const { clock, timings, census } = context;
  if (!isOfSession(context, unbound)) {
    return timings.goneSpacingMs;
  }
  if (isDeleteDue(context, unbound)) {
    const { podId, podName } = unbound;
    const outcome = await context.provider.deletePod(podId, whileSessionLasts(context));
    context.log.warn(
      { ...splitKey(key), podId, podName, outcome: outcome.kind },
      'requested termination of the instance of a vanished GpuPod',
    );
    if (outcome.kind === 'failure') {
      throw new Error(`failed to terminate instance ${podId} of a vanished GpuPod: ${outcome.message}`);
    }
    const end = { askedAtMs: clock.monotonicMs(), wasKnown: outcome.kind === 'accepted' };
    context.memories.set(key, uid, { ...memory, unbound: { ...unbound, end } });
  }
  census.want(key, { afterMs: clock.monotonicMs(), wallets: [unbound.teamId] });
  return timings.goneSpacingMs;
}

/** Another account's 404 says nothing, nor does its list. */
function isOfSession({ account: { state } }: Context, { account, sessionSinceMs }: Unbound): boolean {
  const session = identityOf(state);
  if (account === undefined || session === undefined) {
    return state.kind === 'fits' && (sessionSinceMs ?? sessionBeganAtMs(state)) === sessionBeganAtMs(state);
  }
  return isSameAccount(session, account);
}

function isDeleteDue({ clock, timings, census }: Context, unbound: Unbound): boolean {
  const { end } = unbound;
  const isListed = viewOf(census, unbound)?.live.length === 1;
  return end === undefined || (isListed && clock.monotonicMs() - end.askedAtMs >= timings.deleteResendMs);
}

function viewOf(census: Context['census'], { podId, teamId }: Unbound): ObjectCensus | undefined {
  return census.view({ fronts: new Set(), podId, wallets: [teamId] });
}

/** A list that began after the DELETE does not show it; where even the DELETE did not find it, only a late list counts. */
function isSeenGone(context: Context, { order }: Memory, unbound: Unbound): boolean {
  const { timings, census } = context;
  const { end } = unbound;
  const list = viewOf(census, unbound);
  if (end === undefined || list === undefined || !isOfSession(context, unbound)) {
    return false;
  }
  const orderedAtMs = order?.requestEndedAtMs ?? end.askedAtMs;
  const sinceMs = end.wasKnown ? end.askedAtMs : Math.max(end.askedAtMs, orderedAtMs + timings.settleMs);
  const isAfter = list.beganAtMs >= Math.max(sinceMs, sessionBeganAtMs(context.account.state));
  return isAfter && list.live.length === 0;
}
