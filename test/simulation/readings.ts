import { isRecord, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';

/** What a person reads from a GpuPod, without the operator's own code. */

export function conditionsOf(object: RawObject): readonly Record<string, unknown>[] {
  const { conditions } = statusOf(object);
  return Array.isArray(conditions) ? conditions.filter(isRecord) : [];
}

/** The reason of a condition, or undefined if it is absent. */
export function reasonOf(object: RawObject, type: string): string | undefined {
  const condition = conditionsOf(object).find((candidate) => candidate['type'] === type);
  return stringAt(condition, 'reason');
}

/** The message of a condition, or an empty text if it is absent. */
export function messageOf(object: RawObject | undefined, type: string): string {
  const conditions = object === undefined ? [] : conditionsOf(object);
  return (
    stringAt(
      conditions.find((condition) => condition['type'] === type),
      'message',
    ) ?? ''
  );
}

export function isReady(object: RawObject): boolean {
  return conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True');
}

export function podIdOf(object: RawObject | undefined): string | undefined {
  return stringAt(object?.['status'], 'podId');
}

export function statusOf(object: RawObject): Readonly<Record<string, unknown>> {
  return isRecord(object['status']) ? object['status'] : {};
}

export function specOf(object: RawObject): Readonly<Record<string, unknown>> {
  return isRecord(object['spec']) ? object['spec'] : {};
}

/** The GpuPod with this name in the given namespace, or with a namespace and a name: `team-b/train-1`. */
export function targetOf(
  name: string,
  namespace: string,
): { readonly namespace: string; readonly name: string } {
  const [first = '', second] = name.split('/');
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}
