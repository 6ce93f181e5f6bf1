import * as z from 'zod';

const waitMs = z.number().min(0);
const answerParts = {
  status: z.int().min(100).max(599),
  body: z.unknown().optional().describe('a JSON value; a string together with contentType is sent as it is'),
  contentType: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
};

/**
 * What a fault does. The first group answers without handling the request. All other effects let it be
 * handled first. Several effects of one request apply in the sequence of their rules.
 */
export const effectSchema = z.discriminatedUnion('kind', [
  // not handled
  z
    .strictObject({ kind: z.literal('Answer'), ...answerParts })
    .describe('sends this answer; the request is not handled'),
  z
    .strictObject({ kind: z.literal('ResetBefore') })
    .describe('cuts the connection; the request is not handled'),
  z
    .strictObject({ kind: z.literal('Redirect'), location: z.string(), status: z.int().default(307) })
    .describe('redirects; the request is not handled'),
  z
    .strictObject({
      kind: z.literal('TooManyRequests'),
      retryAfter: z.string().nullable().default(null).describe('seconds or an HTTP date'),
    })
    .describe('answers 429; the request is not handled'),
  z
    .strictObject({ kind: z.literal('IgnoreDelete') })
    .describe('answers TERMINATED, but the instance keeps running'),
  // timing
  z
    .strictObject({ kind: z.literal('DelayBefore'), ms: waitMs })
    .describe('handles the request after this time'),
  z
    .strictObject({ kind: z.literal('DelayAfter'), ms: waitMs })
    .describe('handles the request at once and sends the answer after this time'),
  // handled, with a faulty answer
  z
    .strictObject({ kind: z.literal('AnswerAfter'), ...answerParts })
    .describe('handles the request and sends this answer instead'),
  z
    .strictObject({ kind: z.literal('ResetAfter') })
    .describe('handles the request and cuts the connection without an answer'),
  z
    .strictObject({ kind: z.literal('Cut'), keepBytes: z.int().min(0).default(20) })
    .describe('handles the request and cuts the connection in the middle of the answer'),
  z
    .strictObject({
      kind: z.literal('Drip'),
      chunkBytes: z.int().min(1).default(1),
      everyMs: waitMs.default(20),
    })
    .describe('handles the request and sends the answer in small chunks'),
  z
    .strictObject({ kind: z.literal('Huge'), bytes: z.int().min(0).default(50_000_000) })
    .describe('handles the request and sends this many bytes of white space after the answer'),
  z
    .strictObject({ kind: z.literal('Bomb'), bytes: z.int().min(0).default(50_000_000) })
    .describe('the same as Huge, compressed to a small answer'),
  z.strictObject({ kind: z.literal('WithoutId') }).describe('handles the request and answers without an ID'),
  z.strictObject({ kind: z.literal('Html') }).describe('answers 200 with an HTML page'),
  z
    .strictObject({ kind: z.literal('OtherName'), name: z.string().default('somebody-elses-pod') })
    .describe('handles the request and answers with an instance of this name'),
  z
    .strictObject({ kind: z.literal('Patch'), fields: z.record(z.string(), z.unknown()) })
    .describe('handles the request and changes these fields of the answer'),
  // faulty lists
  z
    .strictObject({ kind: z.literal('HideCreated'), ms: waitMs })
    .describe('the created instance is in no list for this time'),
  z.strictObject({ kind: z.literal('ListTwice') }).describe('repeats the first row at the end'),
  z
    .strictObject({
      kind: z.literal('OmitRows'),
      ids: z.array(z.string()).nullable().default(null).describe('null = all'),
    })
    .describe('leaves these instances out of the list'),
  z.strictObject({ kind: z.literal('WrongTotal'), add: z.int() }).describe('adds this number to the total'),
  z.strictObject({ kind: z.literal('TotalOfPage') }).describe('the total counts only the rows of this page'),
  z.strictObject({ kind: z.literal('TotalIs'), total: z.int() }).describe('sets the total'),
  z
    .strictObject({
      kind: z.literal('PatchRows'),
      ids: z.array(z.string()).nullable().default(null).describe('null = all'),
      fields: z.record(z.string(), z.unknown()),
    })
    .describe('changes these fields of the rows'),
  z
    .strictObject({ kind: z.literal('ShiftPages'), by: z.int() })
    .describe('pages after the first start this many rows later'),
  z.strictObject({ kind: z.literal('EmptyList') }).describe('answers 200 with an empty list'),
  z
    .strictObject({ kind: z.literal('AddRows'), rows: z.array(z.unknown()) })
    .describe('puts these values before the first row'),
]);

export type Effect = z.infer<typeof effectSchema>;

/**
 * When a fault applies, and to which requests. Without any condition it applies to every request until it is
 * removed.
 */
export const faultRuleSchema = z.strictObject({
  method: z.string().optional().describe('GET, POST, DELETE, …'),
  path: z.string().optional().describe('canonical path (/pods/{id}), path as sent, or a pattern with *'),
  contains: z
    .string()
    .optional()
    .describe('text in the query or the body, for example the name of an instance'),
  userId: z.string().optional().describe('the user whose key is used'),
  nth: z.int().min(1).optional().describe('only the nth matching request'),
  every: z.int().min(1).optional().describe('every nth matching request'),
  after: z.int().min(0).optional().describe('not the first n matching requests'),
  times: z.int().min(1).optional().describe('the maximum number of times'),
  probability: z.number().min(0).max(1).optional().describe('drawn from the seeded source'),
  forMs: waitMs.optional().describe('only for this time after the rule was added'),
  effect: effectSchema.describe('one of the kinds below'),
});

export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
