import type { Intent } from './intent.ts';
import { namePrefixOf, isSameAttempt, parsePodName } from './pod-name.ts';
import type { CreateOutcome, InstanceSnapshot } from './provider.ts';
import { timeMs } from './status/timestamp.ts';

/** More than the clocks of the provider and of this process are expected to differ. */
const CLOCK_SLACK_MS = 600_000;

/**
 * Checks that a create response is about our own create request.
 *
 * An ID counts as ours under any name, because the provider may change names. If anything in the response contradicts
 * the request, the outcome is unknown, and the operator looks for the instance by name prefix.
 */
export function judgeAnswer(
  intent: Intent,
  outcome: CreateOutcome,
  isHeldElsewhere: (podId: string) => boolean,
): CreateOutcome {
  if (outcome.kind !== 'created' || isSameAttempt(outcome.instance.name, intent.name)) {
    return outcome;
  }
  const { instance } = outcome;
  const problem =
    whyAnothers(intent, instance) ?? (isHeldElsewhere(instance.podId) ? 'another GpuPod has it' : undefined);
  return problem === undefined
    ? outcome
    : {
        kind: 'unknown',
        message: `POST /pods/: the provider answered with instance ${instance.podId}, but ${problem}.`,
      };
}

function whyAnothers(intent: Intent, { name, userId, createdAt }: InstanceSnapshot): string | undefined {
  const parts = parsePodName(name);
  if (parts !== undefined) {
    const intended = parsePodName(intent.name);
    const isOwn = intended !== undefined && namePrefixOf(parts) === namePrefixOf(intended);
    return `its name is that of ${isOwn ? 'an earlier attempt' : 'the instance of another GpuPod'}`;
  }
  if (intent.account !== undefined && userId !== undefined && userId !== intent.account) {
    return 'it belongs to another user';
  }
  // An unreadable time compares as false, and so proves nothing.
  return timeMs(createdAt) < timeMs(intent.startedAt) - CLOCK_SLACK_MS
    ? 'it is older than the request'
    : undefined;
}
