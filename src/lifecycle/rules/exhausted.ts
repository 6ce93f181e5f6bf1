import type { Knowledge } from '../knowledge.ts';
import { podNameFront } from '../pod-name.ts';
import { MIN_NOT_CREATED_BEFORE_STALL } from '../settings.ts';
import { notCreatedInARow } from '../status/attempts.ts';
import type { Step } from '../step.ts';
import { stall } from './forbidden.ts';

/**
 * Attempts of which no instance was ever seen cost nothing by all that lists show. Lists may be wrong, and each attempt
 * may have made an instance that bills: a person looks before more of them are made.
 */
export function stopAfterNotCreated(knowledge: Knowledge): Step | undefined {
  const { gpuPod, installation } = knowledge;
  const count = notCreatedInARow(gpuPod.status);
  if (count < Math.max(gpuPod.spec.maxAttempts, MIN_NOT_CREATED_BEFORE_STALL)) {
    return undefined;
  }
  const prefix = podNameFront(installation, gpuPod.metadata);
  return stall(
    knowledge,
    'AttemptsExhausted',
    `${String(count)} attempts in a row had an unknown outcome. No instance was found, so they cost nothing unless the provider ` +
      `hides one: look there for ${prefix}. Then change the spec, or set a new gpupod.dev/reconcile-requested-at.`,
  );
}
