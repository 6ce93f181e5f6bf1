import type { ConditionType } from '../../../src/api/conditions.ts';
import type { GpuPodStatus } from '../../../src/api/status.ts';
import { CONDITION_TYPES } from '../../../src/api/conditions.ts';
import type { Effect, Rest, Step, WriteStatus } from '../../../src/lifecycle/step.ts';

/** What a step comes down to, for tables: what is done, and the reason of each condition. */
export interface Outline extends Partial<Record<ConditionType, string | null>> {
  /** Type of the effect, `rest`, or `-` where the rule does not apply. */
  readonly step: Effect['type'] | 'rest' | '-';
}

/** A condition that is absent is null, so that its absence can be expected. Throws where one says nothing. */
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

/** Each condition is read by people: one without a sentence is a mistake, whatever its reason. */
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

/** The rest that a rule asks for. */
export function restOf(step: Step | undefined): Rest {
  if (step?.kind !== 'rest') {
    throw new Error(`expected a rest, not ${outline(step).step}`);
  }
  return step;
}

/** The effect that a rule asks for. */
export function effectOf(step: Step | undefined): Effect {
  if (step?.kind !== 'act') {
    throw new Error(`expected an effect, not ${outline(step).step}`);
  }
  return step.effect;
}

/** The status write that a rule asks for. */
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

/** Message of a condition; empty where it is absent. */
export function messageOf(status: GpuPodStatus, type: ConditionType): string {
  return status.conditions?.find((condition) => condition.type === type)?.message ?? '';
}
