import { z } from 'zod';

const waitMs = z.number().min(0);
const answerParts = {
  status: z.int().min(100).max(599),
  body: z.unknown().optional().describe('a JSON value; a string together with contentType is sent as it is'),
  contentType: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
};

/**
 * What a fault does. "Instead" effects answer without the world hearing of the request; all others let it be
 * handled first. Several effects of one request are applied in the order of their rules.
 */
export const effectSchema = z.discriminatedUnion('kind', [
  // instead of handling
  z.strictObject({ kind: z.literal('Answer'), ...answerParts }).describe('answers so; nothing happens'),
  z.strictObject({ kind: z.literal('ResetBefore') }).describe('cuts the connection; nothing happens'),
  z
    .strictObject({ kind: z.literal('Redirect'), location: z.string(), status: z.int().default(307) })
    .describe('sends elsewhere; nothing happens'),
  z
    .strictObject({
      kind: z.literal('TooManyRequests'),
      retryAfter: z.string().nullable().default(null).describe('seconds or an HTTP date'),
    })
    .describe('429; nothing happens'),
  z
    .strictObject({ kind: z.literal('IgnoreDelete') })
    .describe('says TERMINATED and does nothing: the pod stays'),
  // time
  z.strictObject({ kind: z.literal('DelayBefore'), ms: waitMs }).describe('is handled so much later'),
  z
    .strictObject({ kind: z.literal('DelayAfter'), ms: waitMs })
    .describe('is handled at once and answered so much later'),
  // handled, but the answer suffers
  z.strictObject({ kind: z.literal('AnswerAfter'), ...answerParts }).describe('handled, answered otherwise'),
  z
    .strictObject({ kind: z.literal('ResetAfter') })
    .describe('handled; the connection is cut instead of an answer'),
  z
    .strictObject({ kind: z.literal('Cut'), keepBytes: z.int().min(0).default(20) })
    .describe('handled; the answer breaks off in mid-body'),
  z
    .strictObject({
      kind: z.literal('Drip'),
      chunkBytes: z.int().min(1).default(1),
      everyMs: waitMs.default(20),
    })
    .describe('handled; the answer comes drop by drop'),
  z
    .strictObject({ kind: z.literal('Huge'), bytes: z.int().min(0).default(50_000_000) })
    .describe('handled; so many bytes of white space after the answer'),
  z
    .strictObject({ kind: z.literal('Bomb'), bytes: z.int().min(0).default(50_000_000) })
    .describe('the same, compressed to a small answer'),
  z.strictObject({ kind: z.literal('WithoutId') }).describe('handled; the answer has no id'),
  z.strictObject({ kind: z.literal('Html') }).describe('200 with an HTML page'),
  z
    .strictObject({ kind: z.literal('OtherName'), name: z.string().default('somebody-elses-pod') })
    .describe('handled; the answer tells of a pod of this name'),
  z
    .strictObject({ kind: z.literal('Patch'), fields: z.record(z.string(), z.unknown()) })
    .describe('handled; these fields of the answer are changed'),
  // what lists tell
  z
    .strictObject({ kind: z.literal('HideCreated'), ms: waitMs })
    .describe('the created pod is in no list for so long'),
  z.strictObject({ kind: z.literal('ListTwice') }).describe('the first row comes once more at the end'),
  z
    .strictObject({
      kind: z.literal('OmitRows'),
      ids: z.array(z.string()).nullable().default(null).describe('null = all'),
    })
    .describe('the pods are left out of the list'),
  z.strictObject({ kind: z.literal('WrongTotal'), add: z.int() }).describe('the total is off by so much'),
  z
    .strictObject({ kind: z.literal('TotalOfPage') })
    .describe('the total counts no more than the rows of this page'),
  z.strictObject({ kind: z.literal('TotalIs'), total: z.int() }).describe('the total is this'),
  z
    .strictObject({
      kind: z.literal('PatchRows'),
      ids: z.array(z.string()).nullable().default(null).describe('null = all'),
      fields: z.record(z.string(), z.unknown()),
    })
    .describe('these fields of the rows are changed'),
  z
    .strictObject({ kind: z.literal('ShiftPages'), by: z.int() })
    .describe('pages after the first start so much later'),
  z.strictObject({ kind: z.literal('EmptyList') }).describe('200 with nothing in it'),
  z
    .strictObject({ kind: z.literal('AddRows'), rows: z.array(z.unknown()) })
    .describe('these rows come first, whatever they are'),
]);

export type Effect = z.infer<typeof effectSchema>;

/** When and on what an effect comes. Without any condition: on every request, until cleared. */
export const faultRuleSchema = z.strictObject({
  method: z.string().optional().describe('GET, POST, DELETE, …'),
  path: z.string().optional().describe('canonical path (/pods/{id}), path as sent, or a pattern with *'),
  contains: z.string().optional().describe('text in the query or the body, for example a pod name'),
  userId: z.string().optional().describe('whose key is used'),
  nth: z.int().min(1).optional().describe('only on the nth fitting request'),
  every: z.int().min(1).optional().describe('on every nth fitting request'),
  after: z.int().min(0).optional().describe('not on the first n fitting requests'),
  times: z.int().min(1).optional().describe('at most so often'),
  probability: z.number().min(0).max(1).optional().describe('drawn from the seeded source'),
  forMs: waitMs.optional().describe('only so long after the rule was added'),
  effect: effectSchema.describe('one of the kinds below'),
});

export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
