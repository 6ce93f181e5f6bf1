import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import { sameName } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import type { Step } from '../step.ts';
import { firstDifference } from './differences.ts';
import type { Compared } from './differences.ts';
import { beginTermination } from './termination.ts';

/**
 * Terminates an instance that does not match the create request, before it is ever ready. A request cannot express
 * all that an offer says, so the result is compared. A ready instance is never terminated for this: the work on it is
 * worth more.
 */
export function checkAsRequested(
  observation: Observation,
  snapshot: InstanceSnapshot | undefined,
): Step | undefined {
  const { gpuPod } = observation;
  if (snapshot === undefined || gpuPod.status.readyAt !== undefined) {
    return undefined;
  }
  const difference = firstDifference(comparedWith(observation, snapshot));
  return difference === undefined
    ? undefined
    : beginTermination(
        observation,
        'NotAsRequested',
        `The instance does not match the create request: ${difference}.`,
      );
}

function comparedWith({ gpuPod, intent: reading }: Observation, snapshot: InstanceSnapshot): Compared {
  const intent = reading.kind === 'read' && isOf(gpuPod, reading.intent) ? reading.intent : undefined;
  const { gpuType, gpuCount, isSpot, provider } = { ...intent?.offer, ...gpuPod.status.offer };
  return {
    snapshot,
    spec: gpuPod.spec,
    requested: { gpuType, gpuCount, isSpot, provider },
    payer:
      intent === undefined
        ? undefined
        : { teamId: intent.teamId, userId: intent.account, namedBy: 'the create request named' },
  };
}

function isOf({ status }: GpuPod, { name }: Intent): boolean {
  return sameName(status.podName, name);
}
