import * as z from 'zod';
// Named, because the namespace `z.core` would bring the texts of all languages into the bundle.
import {
  $ZodCheckGreaterThan,
  $ZodCheckLessThan,
  $ZodCheckMaxLength,
  $ZodCheckMinLength,
  $ZodCheckRegex,
  $ZodCustom,
  $ZodNumberFormat,
} from 'zod/v4/core';
import type { $ZodCheck, $ZodType, output } from 'zod/v4/core';
import { isRecord } from '../../json.ts';

type Test = (value: unknown) => boolean;

/**
 * Makes a test for values that the schema would return as they are: valid, with all defaults filled in and nothing to
 * strip. The operator writes its own records in that form, so reading them back needs neither copies nor a report of
 * problems, which are what takes the time of a parse.
 *
 * True is certain. False means that the schema has to decide: the value may be valid, or the schema contains something
 * that this test does not know, such as a transformation.
 */
export function normalFormTest<S extends $ZodType>(schema: S): (value: unknown) => value is output<S> {
  const test = testOf(schema);
  return (value): value is output<S> => test(value);
}

const NEVER: Test = () => false;

function testOf(schema: $ZodType): Test {
  const form = formOf(schema);
  const checks = (schema._zod.def.checks ?? []).map(testOfCheck);
  return checks.length === 0 ? form : (value) => form(value) && checks.every((check) => check(value));
}

/** The test of the type alone, without the checks of the schema. */
function formOf(schema: $ZodType): Test {
  if (schema instanceof z.ZodObject) {
    return schema.def.catchall === undefined ? objectForm(schema.shape) : NEVER;
  }
  if (schema instanceof z.ZodArray) {
    const element = testOf(schema.element);
    return (value) => Array.isArray(value) && value.every(element);
  }
  if (schema instanceof z.ZodRecord) {
    return recordForm(schema);
  }
  if (schema instanceof z.ZodEnum) {
    return oneOf(schema.options);
  }
  if (schema instanceof z.ZodLiteral) {
    return oneOf([...schema.values]);
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return testOf(schema.def.innerType);
  }
  return plainForm(schema);
}

function plainForm(schema: $ZodType): Test {
  if (schema instanceof z.ZodString) {
    return schema.def.coerce === true ? NEVER : (value) => typeof value === 'string';
  }
  if (schema instanceof $ZodNumberFormat) {
    return schema._zod.def.format === 'safeint' ? Number.isSafeInteger : NEVER;
  }
  if (schema instanceof z.ZodNumber) {
    return schema.def.coerce === true ? NEVER : Number.isFinite;
  }
  return schema instanceof z.ZodBoolean ? (value) => typeof value === 'boolean' : NEVER;
}

function oneOf(values: readonly unknown[]): Test {
  const allowed = new Set(values);
  return (value) => allowed.has(value);
}

function objectForm(shape: Readonly<Record<string, $ZodType>>): Test {
  const fields = Object.entries(shape);
  const tests = new Map(fields.map(([name, field]) => [name, testOf(field)]));
  const required = fields.filter(([, field]) => !(field instanceof z.ZodOptional)).map(([name]) => name);
  return (value) =>
    isRecord(value) &&
    required.every((name) => Object.hasOwn(value, name)) &&
    Object.keys(value).every((name) => tests.get(name)?.(value[name]) === true);
}

function recordForm({ keyType, valueType }: z.ZodRecord): Test {
  const key = testOf(keyType);
  const member = testOf(valueType);
  return (value) =>
    isRecord(value) &&
    Object.entries(value).every(([name, inner]) => name !== '__proto__' && key(name) && member(inner));
}

/** The test of one check of a schema, for a value of the type of that schema. */
function testOfCheck(check: $ZodCheck): Test {
  if (check instanceof $ZodCheckMaxLength) {
    const { maximum } = check._zod.def;
    return (value) => lengthOf(value) <= maximum;
  }
  if (check instanceof $ZodCheckMinLength) {
    const { minimum } = check._zod.def;
    return (value) => lengthOf(value) >= minimum;
  }
  if (check instanceof $ZodCheckRegex) {
    const { pattern } = check._zod.def;
    return (value) => typeof value === 'string' && !pattern.global && !pattern.sticky && pattern.test(value);
  }
  if (check instanceof $ZodCheckGreaterThan || check instanceof $ZodCheckLessThan) {
    return testOfBound(check);
  }
  if (check instanceof $ZodCustom) {
    const { fn } = check._zod.def;
    return (value) => fn(value) === true;
  }
  return NEVER;
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : NaN;
}

function testOfBound(check: $ZodCheckGreaterThan | $ZodCheckLessThan): Test {
  const { value: bound, inclusive } = check._zod.def;
  if (typeof bound !== 'number') {
    return NEVER;
  }
  const isAbove = check instanceof $ZodCheckGreaterThan;
  return (value) =>
    typeof value === 'number' &&
    ((inclusive && value === bound) || (isAbove ? value > bound : value < bound));
}
