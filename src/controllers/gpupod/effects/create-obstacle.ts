import { isDeepStrictEqual } from 'node:util';
import type { GpuPod } from '../../../api/gpupod/gpu-pod.ts';
import { ANNOTATIONS } from '../../../api/common/names.ts';
import { isSamePayer } from '../../../lifecycle/account-identity.ts';
import type { BookedTurn, CreateOutcome } from '../../../lifecycle/provider.ts';
import type { StepContext } from '../context.ts';

type NotSent = Extract<CreateOutcome, { readonly kind: 'notSent' }>;

/** Waits for the turn of a create request. Returns why it must not be sent; undefined if it has its turn. */
export async function waitForTurn(
  { clock }: Pick<StepContext, 'clock'>,
  turn: BookedTurn,
  untilMs: number,
): Promise<NotSent | undefined> {
  if (clock.monotonicMs() > untilMs) {
    return { kind: 'notSent', reason: 'Withheld', message: SLOW_WRITE };
  }
  return (await turn.take(untilMs))
    ? undefined
    : { kind: 'notSent', reason: 'RateLimited', message: NO_TURN };
}

/** Why the create request must not leave at this moment; undefined if it may. */
export function findObstacle(
  context: Pick<StepContext, 'clock' | 'view' | 'isLeaseFresh'> & Paying,
  gpuPod: GpuPod,
  untilMs: number,
): string | undefined {
  if (context.clock.monotonicMs() > untilMs) {
    return SLOW_START;
  }
  if (isChangedByUser(context, gpuPod)) {
    return CHANGED;
  }
  return context.isLeaseFresh() ? findPayerChange(context) : SLOW_LEASE;
}

type Paying = Pick<StepContext, 'session' | 'policy' | 'reference' | 'actingNow'>;

/**
 * Why the account may not pay for the create request that was decided; undefined if it may. While the request waits,
 * the account may be suspended, deleted or replaced, or its limits, defaults or selected namespaces may change. Any
 * such change is decided anew, because a limit may concern the offer, the request or the sums.
 */
export function findPayerChange({ session, policy, reference, actingNow }: Paying): string | undefined {
  const now = actingNow();
  if (now.payerProblem !== undefined) {
    return `${ACCOUNT_CHANGED} ${now.payerProblem.message}`;
  }
  const isSame =
    now.session === session && isSamePayer(now.reference, reference) && isDeepStrictEqual(now.policy, policy);
  return isSame ? undefined : `${ACCOUNT_CHANGED} The operator decides again.`;
}

/** Whether somebody deleted, changed or paused the GpuPod after the decision: the request may wait for its turn. */
function isChangedByUser({ view }: Pick<StepContext, 'view'>, { metadata }: GpuPod): boolean {
  const now = view.get(`${metadata.namespace}/${metadata.name}`)?.metadata;
  return (
    now?.uid !== metadata.uid ||
    now.deletionTimestamp !== undefined ||
    now.generation !== metadata.generation ||
    now.annotations?.[ANNOTATIONS.paused] === 'true'
  );
}

const ACCOUNT_CHANGED =
  'The account that pays, or what it allows, changed before the create request left, so it was not sent and nothing was rented.';
const CHANGED =
  'The GpuPod was deleted, changed or paused before its create request left, so it was not sent and nothing was rented.';
const SLOW_START =
  'Connecting to the provider took longer than the create intent allows (--window-create-fence), so nothing was sent and nothing was ' +
  'rented; retrying.';
const SLOW_WRITE =
  'The API server took longer to write the create intent than --window-create-fence allows, so nothing was sent and nothing was rented. ' +
  'The operator retries with more time; look for slow admission webhooks on gpupods.';
const SLOW_LEASE =
  'The Lease was not renewed within --window-lease-fence, so the create request was not sent and nothing was rented. ' +
  'The operator retries; look for what slows down writes of Leases.';
const NO_TURN =
  'The provider limits requests, and the create request would have left later than its create intent allows, so it was not sent and ' +
  'nothing was rented; retrying.';
