import { REASONS } from '../../../src/api/gpupod/conditions.ts';
import type { ConditionStatus, ConditionType, Reason } from '../../../src/api/gpupod/conditions.ts';
import type { Condition } from '../../../src/api/gpupod/status.ts';

/** A condition since the start of the day of the test, with the status that matches its reason. */
export function condition<T extends ConditionType>(
  type: T,
  reason: Reason<T>,
  overrides: Partial<Condition> = {},
): Condition {
  const reasons: Readonly<Record<string, { readonly status: ConditionStatus }>> = REASONS[type];
  return {
    type,
    status: reasons[reason]?.status ?? 'Unknown',
    observedGeneration: 1,
    lastTransitionTime: '2026-11-23T00:00:00Z',
    reason,
    message: `${reason}.`,
    ...overrides,
  };
}
