import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Schema } from './crd-schema.ts';
import { HOSTILE_TEXTS, lengthOf } from './hostile-values.ts';

/** Values that the schema accepts, including extremes and hostile texts. */
export function valueOf(schema: Schema): Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.constantFrom(...numbersOf(schema).map(Math.ceil));
    case 'number':
      return fc.constantFrom(...numbersOf(schema));
    case 'boolean':
      return fc.boolean();
    case 'array':
      return listOf(schema);
    default:
      return objectOf(schema);
  }
}

const TIMES = [
  '2026-11-23T10:00:00Z',
  '2026-11-23T10:00:00.123456+14:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-14:00',
  '2026-02-31t10:00:00z',
];

function textOf({ pattern, format, minLength = 0, maxLength = 1_000 }: Schema): Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom(...TIMES);
  // In characters, as the API server counts, and never half a character, which it cannot store.
  const fits = (text: string): boolean => lengthOf(text) >= minLength && lengthOf(text) <= maxLength;
  const made = pattern === undefined ? extremes(maxLength) : matching(pattern, maxLength);
  return fc.constantFrom(...made.filter(fits));
}

function extremes(maxLength: number): readonly string[] {
  return ['text', 'é'.repeat(maxLength), '🚀'.repeat(maxLength), ...HOSTILE_TEXTS].map((text) =>
    text.toWellFormed(),
  );
}

function matching(pattern: string, maxLength: number): readonly string[] {
  const drawn = fc.sample(fc.stringMatching(new RegExp(pattern, 'u')), { numRuns: 12, seed: 4711 });
  const plain = [
    'H100_80GB',
    'united_states',
    'CA',
    '20m',
    'abc',
    'a',
    '0s',
    '99999h',
    'a'.repeat(maxLength),
  ];
  return [...drawn, ...plain.filter((text) => new RegExp(pattern, 'u').test(text))];
}

function numbersOf({ minimum = -1e300, maximum = 1e300 }: Schema): readonly number[] {
  const requested = [minimum, maximum, 0, 1, 2, 0.01, 2.7, 100, 2 ** 53 - 1, 5e-324];
  return requested.filter((value) => value >= minimum && value <= maximum);
}

function listOf(schema: Schema): Arbitrary<unknown> {
  const { items = {}, minItems = 0, maxItems = 3, 'x-kubernetes-list-map-keys': keys } = schema;
  const bounds = { minLength: minItems, maxLength: Math.min(maxItems, Math.max(3, minItems)) };
  const item = valueOf(items);
  return keys === undefined
    ? fc.array(item, bounds)
    : fc.uniqueArray(item, {
        ...bounds,
        selector: (value) => JSON.stringify(keys.map((key) => fieldOf(value, key))),
      });
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function objectOf({ properties = {}, required = [] }: Schema): Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, valueOf(field)]));
  return fc.record(fields, { requiredKeys: [...required] });
}
