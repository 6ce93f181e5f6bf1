import type { ConditionType } from '../../../src/api/gpupod/conditions.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { CONDITION_TYPES } from '../../../src/api/gpupod/conditions.ts';
import type { Effect, Rest, Step, WriteStatus } from '../../../src/lifecycle/step.ts';

/** A step reduced to its effect and the reason of each condition, for tables. */
export interface Outline extends Partial<Record<ConditionType, string | null>> {
  /** Type of the effect, `rest`, or `-` where the rule does not apply. */
  readonly step: Effect['type'] | 'rest' | '-';
}

/** An absent condition is null, so that a row can expect its absence. Throws for a condition without a message. */
export function outline(step: Step | undefined): Outline {
  if (step === undefined) {
    return { step: '-' };
  }
  if (step.kind === 'rest') {
    return { step: 'rest', ...toldReasons(step.status) };
  }
  const { effect } = step;
  return { step: effect.type, ...(effect.type === 'writeStatus' ? toldReasons(effect.status) : {}) };
}

/** People read each condition, so one without a message is a mistake. */
function toldReasons(status: GpuPodStatus): Partial<Record<ConditionType, string | null>> {
  const silent = status.conditions?.find(({ message }) => message === '');
  if (silent !== undefined) {
    throw new Error(`${silent.type} ${silent.reason} has no message`);
  }
  return reasonsOf(status);
}

export function reasonsOf(status: GpuPodStatus): Partial<Record<ConditionType, string | null>> {
  return Object.fromEntries(
    CONDITION_TYPES.map((type) => [
      type,
      status.conditions?.find((condition) => condition.type === type)?.reason ?? null,
    ]),
  );
}

/** The rest that a rule returns. */
export function restOf(step: Step | undefined): Rest {
  if (step?.kind !== 'rest') {
    throw new Error(`expected a rest, not ${outline(step).step}`);
  }
  return step;
}

/** The effect that a rule returns. */
export function effectOf(step: Step | undefined): Effect {
  if (step?.kind !== 'act') {
    throw new Error(`expected an effect, not ${outline(step).step}`);
  }
  return step.effect;
}

/** The status write that a rule returns. */
export function writeOf(step: Step | undefined): WriteStatus {
  const effect = effectOf(step);
  if (effect.type !== 'writeStatus') {
    throw new Error(`expected a status write, not ${effect.type}`);
  }
  return effect;
}

/** The status that a step would leave. */
export function statusOf(step: Step | undefined): GpuPodStatus {
  return step?.kind === 'rest' ? step.status : writeOf(step).status;
}

/** Message of a condition; empty if it is absent. */
export function messageOf(status: GpuPodStatus, type: ConditionType): string {
  return status.conditions?.find((condition) => condition.type === type)?.message ?? '';
}
