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
const effectSchema = z.discriminatedUnion('kind', [
  // instead of handling
  z.strictObject({ kind: z.literal('Answer'), ...answerParts }),
  z.strictObject({ kind: z.literal('ResetBefore') }),
  z.strictObject({ kind: z.literal('Redirect'), location: z.string(), status: z.int().default(307) }),
  z.strictObject({
    kind: z.literal('TooManyRequests'),
    retryAfter: z.string().nullable().default(null).describe('seconds or an HTTP date'),
  }),
  z
    .strictObject({ kind: z.literal('IgnoreDelete') })
    .describe('says TERMINATED and does nothing: the pod stays'),
  // time
  z.strictObject({ kind: z.literal('DelayBefore'), ms: waitMs }),
  z.strictObject({ kind: z.literal('DelayAfter'), ms: waitMs }),
  // handled, but the answer suffers
  z.strictObject({ kind: z.literal('AnswerAfter'), ...answerParts }).describe('handled, answered otherwise'),
  z.strictObject({ kind: z.literal('ResetAfter') }),
  z
    .strictObject({ kind: z.literal('Cut'), keepBytes: z.int().min(0).default(20) })
    .describe('dies in mid-body'),
  z.strictObject({
    kind: z.literal('Drip'),
    chunkBytes: z.int().min(1).default(1),
    everyMs: waitMs.default(20),
  }),
  z
    .strictObject({ kind: z.literal('Huge'), bytes: z.int().min(0).default(50_000_000) })
    .describe('white space on top'),
  z.strictObject({ kind: z.literal('WithoutId') }),
  z.strictObject({ kind: z.literal('Html') }).describe('200 with an HTML page'),
  z.strictObject({ kind: z.literal('OtherName'), name: z.string().default('somebody-elses-pod') }),
  z
    .strictObject({ kind: z.literal('Patch'), fields: z.record(z.string(), z.unknown()) })
    .describe('of the JSON object'),
  // what lists tell
  z
    .strictObject({ kind: z.literal('HideCreated'), ms: waitMs })
    .describe('the created pod is in no list for so long'),
  z.strictObject({ kind: z.literal('ListTwice') }).describe('the first row comes once more at the end'),
  z
    .strictObject({ kind: z.literal('OmitRows'), ids: z.array(z.string()).nullable().default(null) })
    .describe('null = all'),
  z.strictObject({ kind: z.literal('WrongTotal'), add: z.int() }),
  z
    .strictObject({ kind: z.literal('ShiftPages'), by: z.int() })
    .describe('pages after the first start so much later'),
  z.strictObject({ kind: z.literal('EmptyList') }).describe('200 with nothing in it'),
  z.strictObject({ kind: z.literal('AddRows'), rows: z.array(z.unknown()) }).describe('garbage rows'),
]);

export type Effect = z.infer<typeof effectSchema>;

/** When and on what an effect comes. Without any condition: on every request, until cleared. */
export const faultRuleSchema = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional().describe('canonical path (/pods/{id}), path as sent, or a pattern with *'),
  contains: z.string().optional().describe('text in the query or the body, for example a pod name'),
  userId: z.string().optional(),
  nth: z.int().min(1).optional().describe('only on the nth fitting request'),
  every: z.int().min(1).optional().describe('on every nth fitting request'),
  after: z.int().min(0).optional().describe('not on the first n fitting requests'),
  times: z.int().min(1).optional().describe('at most so often'),
  probability: z.number().min(0).max(1).optional().describe('drawn from the seeded source'),
  forMs: waitMs.optional().describe('only so long after the rule was added'),
  effect: effectSchema,
});

export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
