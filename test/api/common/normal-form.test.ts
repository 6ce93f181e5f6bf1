import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { normalFormTest } from '../../../src/api/common/normal-form.ts';
import { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { condition } from '../../support/builders/conditions.ts';
import { rentedStatus } from '../../support/builders/gpu-pod.ts';

const Part = z.object({
  text: z.string().min(1).max(3),
  word: z
    .string()
    .regex(/^[a-z]+$/)
    .optional(),
  plain: z
    .string()
    .refine((value) => !value.includes('!'))
    .optional(),
  whole: z.int().min(-1).max(3).optional(),
  number: z.number().gt(0).lt(2).optional(),
  choice: z.enum(['A', 'B']).optional(),
  version: z.literal(1).optional(),
  isSet: z.boolean().optional(),
  list: z.array(z.string().max(2)).min(1).max(2).optional(),
  notes: z.record(z.string(), z.string()).default({}),
});
const isNormal = normalFormTest(Part);
const NORMAL = { text: 'abc', notes: {} };

it.each([
  { name: 'the smallest value', value: NORMAL },
  {
    name: 'a value with every field',
    value: {
      ...{
        text: 'a',
        word: 'abc',
        plain: 'x',
        whole: -1,
        number: 1.5,
        choice: 'B',
        version: 1,
        isSet: false,
      },
      ...{ list: ['a', ''], notes: { a: 'b' } },
    },
  },
])('takes $name as it is', ({ value }) => {
  expect(isNormal(value)).toBe(true);
  expect(Part.parse(value)).toEqual(value);
});

it.each([
  { name: 'no object', value: 'abc' },
  { name: 'a list', value: [NORMAL] },
  { name: 'a missing field', value: { notes: {} } },
  { name: 'a field that has a default and is absent', value: { text: 'a' } },
  { name: 'an unknown field, which would be stripped', value: { ...NORMAL, more: 1 } },
  {
    name: 'a member of the prototype',
    value: JSON.parse('{"text":"a","notes":{},"__proto__":{}}') as unknown,
  },
  { name: 'a text that is too short', value: { ...NORMAL, text: '' } },
  { name: 'a text that is too long', value: { ...NORMAL, text: 'abcd' } },
  { name: 'a text that does not match', value: { ...NORMAL, word: 'A' } },
  { name: 'a text that a rule refuses', value: { ...NORMAL, plain: '!' } },
  { name: 'a fraction for a whole number', value: { ...NORMAL, whole: 0.5 } },
  { name: 'a whole number below its bound', value: { ...NORMAL, whole: -2 } },
  { name: 'a whole number above its bound', value: { ...NORMAL, whole: 4 } },
  { name: 'a number at an exclusive lower bound', value: { ...NORMAL, number: 0 } },
  { name: 'a number at an exclusive upper bound', value: { ...NORMAL, number: 2 } },
  { name: 'a number that is none', value: { ...NORMAL, number: NaN } },
  { name: 'another choice', value: { ...NORMAL, choice: 'C' } },
  { name: 'another literal', value: { ...NORMAL, version: 2 } },
  { name: 'another type', value: { ...NORMAL, isSet: 'true' } },
  { name: 'null', value: { ...NORMAL, isSet: null } },
  { name: 'an empty list below its bound', value: { ...NORMAL, list: [] } },
  { name: 'a list that is too long', value: { ...NORMAL, list: ['a', 'b', 'c'] } },
  { name: 'an invalid entry of a list', value: { ...NORMAL, list: ['abc'] } },
  { name: 'an invalid entry of a record', value: { ...NORMAL, notes: { a: 1 } } },
  {
    name: 'a record with a member of the prototype',
    value: JSON.parse('{"text":"a","notes":{"__proto__":"a"}}') as unknown,
  },
])('leaves $name to the schema', ({ value }) => {
  expect(isNormal(value)).toBe(false);
});

it.each([
  { name: 'a transformation', schema: z.string().transform((text) => text.length), value: 'a' },
  { name: 'a changed text', schema: z.string().trim(), value: 'a' },
  { name: 'a coerced number', schema: z.coerce.number(), value: 1 },
  { name: 'a coerced text', schema: z.coerce.string(), value: 'a' },
  { name: 'a number of another format', schema: z.float32(), value: 1 },
  { name: 'a text of a format', schema: z.string().startsWith('a'), value: 'a' },
  { name: 'an object with other members', schema: z.looseObject({}), value: {} },
  { name: 'a value of several types', schema: z.union([z.string(), z.number()]), value: 'a' },
  { name: 'a value that catches errors', schema: z.string().catch('a'), value: 'a' },
])('leaves $name to the schema, because it does not know it', ({ schema, value }) => {
  expect(normalFormTest(schema)(value)).toBe(false);
});

const leaf = fc.oneof(
  fc.constantFrom('', 'a', 'True', 'Ready', 'x'.repeat(257), 'y'.repeat(1_025)),
  fc.constantFrom(-2, -1, 0, 1, 22, 1.5, 2 ** 53, NaN, null, true, undefined),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('name', 'number', 'host', 'type', 'internal', 'more'), tie('value')),
  ),
})).value;
const statuses = fc.dictionary(fc.constantFrom(...Object.keys(GpuPodStatus.shape), 'more'), json, {
  maxKeys: 4,
});

it('says of a status that it is in normal form only if the schema returns it as it is', () => {
  const isNormalStatus = normalFormTest(GpuPodStatus);
  const whole = { ...rentedStatus(), conditions: [condition('Ready', 'Available')] };
  expect(isNormalStatus(whole)).toBe(true);
  fc.assert(
    fc.property(statuses, (changes) => {
      const status: unknown = { ...whole, ...changes };
      const parsed = GpuPodStatus.safeParse(status);
      fc.pre(isNormalStatus(status));
      expect(parsed).toEqual({ success: true, data: status });
    }),
    { numRuns: 2_000 },
  );
});
