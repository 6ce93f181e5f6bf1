import { isPaused } from '../../api/gpu-pod.ts';
import type { Knowledge } from '../knowledge.ts';
import { openOrder } from '../order.ts';
import { draftStatus } from '../status/draft.ts';
import type { Rest, Step } from '../step.ts';
import { PENDING, pendingBecause, standingClaim } from './claims.ts';
import { restFailing } from './failing.ts';
import { keepingStall } from './stalled.ts';

/** `gpupod.dev/paused: "true"`: nothing is done, not even for a deletion. */
export function paused(knowledge: Knowledge): Step | undefined {
  const { gpuPod } = knowledge;
  if (!isPaused(gpuPod)) {
    return undefined;
  }
  return unread(knowledge, {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: standingClaim(gpuPod.status, 'Ready', PENDING),
      Synced: [
        'Paused',
        `Paused by annotation, deletion included. ${whatBills(knowledge)}. Remove gpupod.dev/paused to go on.`,
      ],
      ...keepingStall(gpuPod.status),
    }),
  });
}

/** A spec that was changed meanwhile is not acted on: what it lifts is lifted once it is, see `startOver`. */
function unread({ gpuPod }: Knowledge, rest: Rest): Rest {
  const { observedGeneration } = gpuPod.status;
  return observedGeneration < 0 ? rest : { ...rest, status: { ...rest.status, observedGeneration } };
}

function whatBills(knowledge: Knowledge): string {
  const { podId } = knowledge.gpuPod.status;
  if (podId !== undefined) {
    return `Pod ${podId} still bills`;
  }
  return openOrder(knowledge).kind === 'none'
    ? 'Nothing is rented'
    : 'An order was sent whose outcome is not known: its pod may bill';
}

/**
 * Nothing is created, ended or let go while the key belongs to another account: its empty list would look
 * as if all pods were gone. Nor before it is known whose key it is.
 */
export function accountDoubtful(knowledge: Knowledge): Step | undefined {
  const { account, gpuPod } = knowledge;
  if (account.kind === 'changed') {
    const rest = restFailing(
      knowledge,
      { reason: 'AccountChanged', message: account.message },
      {
        Ready: standingClaim(gpuPod.status, 'Ready', pendingBecause(account.message)),
        ...keepingStall(gpuPod.status, { type: 'Stalled', claim: ['AccountChanged', account.message] }),
      },
    );
    return unread(knowledge, rest);
  }
  if (account.kind === 'unknown') {
    if (account.failure === undefined) {
      // The first moments of a process: all objects are looked at again once the answer is there.
      return { kind: 'rest', status: gpuPod.status };
    }
    const rest = restFailing(knowledge, account.failure, {
      Ready: standingClaim(gpuPod.status, 'Ready', pendingBecause(account.failure.message)),
      ...keepingStall(gpuPod.status, {
        type: 'Reconciling',
        claim: ['Retrying', 'Waiting until the provider says whose API key this is.'],
      }),
    });
    return unread(knowledge, rest);
  }
  return undefined;
}

/** An order of another installation: whether its pod exists, and who pays for it, only a person can say. */
export function foreignOrder(knowledge: Knowledge): Step | undefined {
  const order = openOrder(knowledge);
  if (order.kind !== 'foreign') {
    return undefined;
  }
  const { installation, name } = order.intent;
  const message =
    `The order for pod ${name} was written by installation ${installation}, not by this one. If that one is gone, ` +
    'make sure that the pod is ended and remove annotation gpupod.dev/intent (while the GpuPod is being deleted: set ' +
    'gpupod.dev/force-release to the name of the pod).';
  return {
    kind: 'rest',
    status: draftStatus(knowledge, {
      Ready: PENDING,
      progress: { type: 'Stalled', claim: ['ForeignIntent', message] },
    }),
  };
}
