import type { ConditionType } from '../../../src/api/gpupod/conditions.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { observed } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { messageOf, statusOf } from './outline.ts';

/** What a person must find in the message to act: the instance, the price, the field, the way out. Not its words. */
export interface MessageRow {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly type: ConditionType;
  readonly says: readonly string[];
}

/** What the message lacks, together with the message, so that a failure shows it. */
export function missingParts({ known, type, says }: MessageRow): readonly string[] {
  const message = messageOf(statusOf(nextStep(observed(known))), type);
  return says.filter((part) => !message.includes(part)).map((part) => `"${part}" in: ${message}`);
}
