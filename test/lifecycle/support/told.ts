import type { ConditionType } from '../../../src/api/conditions.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { messageOf, statusOf } from './outline.ts';

/** Not the words: what a person must find in them to act, which is the pod, the price, the field, the way out. */
export interface Told {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly type: ConditionType;
  readonly says: readonly string[];
}

/** What the message lacks of that; with the message, so that a failure shows it. */
export function missingParts({ known, type, says }: Told): readonly string[] {
  const message = messageOf(statusOf(nextStep(observed(known))), type);
  return says.filter((part) => !message.includes(part)).map((part) => `"${part}" in: ${message}`);
}
