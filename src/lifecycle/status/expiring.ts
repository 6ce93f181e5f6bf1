import { MAX_MESSAGE_LENGTH } from '../../api/gpupod/conditions.ts';
import type { TypedDraft } from '../../api/gpupod/conditions.ts';
import { isDeleting } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { capToMicros, formatUsd } from '../../offers/money.ts';
import { administratorOf } from '../account-identity.ts';
import { expiryText, limitsOf, noticeMs } from '../expiry.ts';
import type { Limit, LimitProblem } from '../expiry.ts';
import { extendedLifetime, lifetimeText } from '../lifetime.ts';
import type { Observation } from '../observation.ts';
import { currentAttempt } from './attempts.ts';

export type ExpiringDraft = Extract<TypedDraft, { readonly type: 'Expiring' }>;

/** Condition and time of the deadline of the instance that the next status names. Both are absent without one. */
export function expiringParts(
  observation: Observation,
  next: GpuPodStatus,
): { readonly draft?: ExpiringDraft; readonly expiresAt?: string } {
  if (next.podId === undefined || isDeleting(observation.gpuPod)) {
    return {};
  }
  const limits = limitsOf(observation, next);
  const expiresAt = expiryText(limits);
  const isEnding = currentAttempt(next)?.ending !== undefined;
  const draft = isEnding ? undefined : draftOf(observation, next, limits);
  return {
    ...(draft === undefined ? {} : { draft }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function draftOf(
  observation: Observation,
  next: GpuPodStatus,
  { nearest, problem }: ReturnType<typeof limitsOf>,
): ExpiringDraft | undefined {
  const { podId = '' } = next;
  if (nearest === undefined) {
    return problem === undefined
      ? undefined
      : { type: 'Expiring', reason: problem, message: PROBLEMS[problem](podId) };
  }
  const isNear = ageMs(observation, podId) >= nearest.afterMs - noticeMs(nearest);
  const because = `The operator terminates the instance at status.expiresAt (${limitText(observation, nearest)}).`;
  const unchecked =
    problem === undefined ? '' : ' Its price is unknown, so spec.maxTotalCost is not checked.';
  if (!isNear) {
    const asking = nearest.lifetime?.cutFromMs === undefined ? '' : ` ${askFor(observation, nearest)}`;
    return { type: 'Expiring', reason: 'Scheduled', message: `${because}${unchecked}${asking}` };
  }
  return {
    type: 'Expiring',
    reason: nearest.ending === 'Expired' ? 'LifetimeEnding' : 'CostLimitNear',
    message: withAdvice(`${because}${unchecked}`, observation, nearest),
  };
}

const PROBLEMS: Readonly<Record<LimitProblem, (podId: string) => string>> = {
  CreationTimeUnknown: (podId) =>
    `status.createdAt does not say when instance ${podId} was created, so no limit terminates it. It bills; suspend or delete the GpuPod to terminate it.`,
  PriceUnknown: (podId) =>
    `The price of instance ${podId} is unknown, so spec.maxTotalCost does not terminate it. It bills; set spec.maxLifetime, or suspend or delete the GpuPod to terminate it.`,
};

/** An instance that this process has not observed yet is being bound, so it is new. */
function ageMs({ localState: { instance }, now }: Observation, podId: string): number {
  const createdAtMs = instance?.podId === podId ? instance.created?.atMs : undefined;
  return now.monotonicMs - (createdAtMs ?? now.monotonicMs);
}

/** The limit in words: `spec.maxLifetime 8h`. */
export function limitText({ gpuPod }: Observation, { lifetime }: Limit): string {
  return lifetime === undefined
    ? `spec.maxTotalCost ${formatUsd(capToMicros(gpuPod.spec.maxTotalCost ?? 0))} USD`
    : lifetimeText(lifetime);
}

/** Adds the command that extends the deadline. A command that is cut would be worse than none. */
function withAdvice(because: string, observation: Observation, limit: Limit): string {
  const change = extension(observation, limit);
  if (change === undefined) {
    return `${because} The spec cannot extend it. ${askFor(observation, limit)}`;
  }
  const { name, namespace } = observation.gpuPod.metadata;
  const command = `kubectl patch gpupod ${name} -n ${namespace} --type merge -p '${JSON.stringify({ spec: change })}'`;
  const whole = `${because} To extend: ${command}`;
  return whole.length <= MAX_MESSAGE_LENGTH
    ? whole
    : `${because} To extend, raise spec.${Object.keys(change).join(' or spec.')}.`;
}

/** Who can raise a ceiling: that of the account, or that of the operator. */
function askFor({ reference }: Observation, { lifetime }: Limit): string {
  const isOfAccount = lifetime?.field !== undefined;
  return `To have the limit raised, ask ${administratorOf(isOfAccount ? reference : undefined)}.`;
}

/** The change of the spec that doubles the limit. */
function extension(
  { gpuPod, policy }: Observation,
  { lifetime }: Limit,
): Record<string, unknown> | undefined {
  if (lifetime === undefined) {
    return { maxTotalCost: Math.min(MAX_TOTAL_COST, 2 * (gpuPod.spec.maxTotalCost ?? 0)) };
  }
  const maxLifetime = extendedLifetime(lifetime, policy);
  return maxLifetime === undefined ? undefined : { maxLifetime };
}

/** As in the schema of the spec. */
const MAX_TOTAL_COST = 1_000_000;
