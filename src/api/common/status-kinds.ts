import * as z from 'zod';
import { MAX_MESSAGE_LENGTH } from './message.ts';

/** Field types that the status of every kind uses. */

export function text(description: string, maxLength = 256): z.ZodString {
  return z.string().max(maxLength).describe(description);
}

export function time(description: string): z.ZodString {
  return z.string().max(64).meta({ format: 'date-time' }).describe(description);
}

export function usdPerHour(description: string): z.ZodNumber {
  return z.number().min(0).describe(`${description} USD per hour.`);
}

export function count(description: string): z.ZodInt {
  return z.int().min(0).describe(description);
}

/** A condition of a kind that has these types. */
export function condition(types: readonly string[]) {
  return z
    .object({
      // No enum: an operator of an earlier version must be able to read what a later one wrote, podId above all.
      type: text(`Type of the condition: ${types.join(', ')}; later versions may add others.`, 64),
      status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown.'),
      observedGeneration: z.int().min(0).describe('Generation of the spec that it describes.'),
      lastTransitionTime: time('When its status last changed.'),
      reason: text('Reason, one CamelCase word.', 64),
      message: z.string().max(MAX_MESSAGE_LENGTH).describe('The reason as a sentence for people.'),
    })
    .describe('One aspect of the state.');
}
