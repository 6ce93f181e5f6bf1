import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { countedAccount } from '../../../accounts/session.ts';
import { ownerFor } from '../../../accounts/sums/stated.ts';
import type { SumLimit } from '../../../accounts/sums/sum-limits.ts';
import type { Intent } from '../../../lifecycle/intent.ts';
import { accountLimitsOf } from '../accounts/account-sums.ts';
import type { Context, StepContext } from '../context.ts';

/**
 * Reserves the price of the create request within all limits, and keeps the account that pays.
 *
 * @returns false if the create request has to be decided again
 */
export async function reserve(
  context: Pick<StepContext, 'policy' | 'reference' | 'session' | 'protectAccount'>,
  { metadata: { uid, namespace } }: GpuPod,
  intent: Intent,
): Promise<boolean> {
  const { session } = context;
  const owner = ownerFor(context.reference, namespace);
  const limits = limitsFor(context, namespace);
  const counted = countedAccount(session);
  return (
    session.reservations.reserve({ uid, intent, owner, session: counted, limits }) &&
    (await context.protectAccount(owner.account))
  );
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
