import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { countedAccount } from '../../../accounts/session.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import type { SumLimit } from '../../../accounts/sums/sum-limits.ts';
import type { LocalState } from '../../../lifecycle/local-state.ts';
import type { CreatePod } from '../../../lifecycle/step.ts';
import { accountLimitsOf } from '../accounts/account-sums.ts';
import type { Context, StepContext } from '../context.ts';
import { known, STALE } from './outcome.ts';
import type { EffectOutcome } from './outcome.ts';

/**
 * Reserves the price of the create request within all limits, and keeps the account that pays.
 *
 * @returns why the create intent is not written: the limits are full, or the account changed meanwhile; undefined if it
 * may be written
 */
export async function reserve(
  context: Pick<StepContext, 'policy' | 'reference' | 'session' | 'protectAccount'>,
  { metadata: { uid, namespace } }: GpuPod,
  { intent }: CreatePod,
  localState: LocalState,
): Promise<EffectOutcome | undefined> {
  const { session } = context;
  const owner = ownerFor(context.reference, namespace);
  const limits = limitsFor(context, namespace);
  const counted = countedAccount(session);
  if (!session.reservations.reserve({ uid, intent, owner, session: counted, limits })) {
    return known(localState);
  }
  return (await context.protectAccount(owner.account)) ? undefined : STALE;
}

/** Every limit that applies: they are checked, and the price is reserved, in one step. */
function limitsFor(
  context: Pick<Context, 'policy' | 'reference' | 'session'>,
  namespace: string,
): readonly SumLimit[] {
  const { maxTotalPricePerHour: micros } = context.policy;
  const ofAccount = accountLimitsOf(context, namespace).map(({ limit }) => limit);
  return micros === undefined ? ofAccount : [{ scope: {}, micros }, ...ofAccount];
}
