import { code, table } from './markdown.ts';
import type { Field, Schema } from './schema-fields.ts';

/** A table of fields, each with what the API server checks. */
export function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ path, schema, isRequired }) => [
    code(path.replace(/^\w+\./, '')) + (isRequired ? ' (required)' : ''),
    typeOf(schema),
    defaultOf(schema),
    boundsOf(schema).join('; '),
    [schema.description ?? '', ...rulesOf(schema)].join(' '),
  ]);
  return table(['Field', 'Type', 'Default', 'Bounds', 'Meaning'], rows);
}

function typeOf({ type = 'object', format, items }: Schema): string {
  return type === 'array' ? `list of ${typeOf(items ?? {})}` : (format ?? type);
}

function defaultOf(schema: Schema): string {
  // An object has a default only so that the API server fills in the defaults of its fields.
  return schema.default === undefined || schema.type === 'object' ? '' : code(JSON.stringify(schema.default));
}

function boundsOf(schema: Schema): readonly string[] {
  const { enum: values = [], items, pattern } = schema;
  return [
    ...(values.length === 0 ? [] : [values.map((value) => code(String(value))).join(', ')]),
    ...range(schema.minimum, schema.maximum, ''),
    ...range(schema.minItems, schema.maxItems, ' entries'),
    ...range(schema.minLength, schema.maxLength, ' characters'),
    ...(pattern === undefined ? [] : [code(pattern)]),
    ...(items === undefined || items.type === 'object'
      ? []
      : boundsOf(items).map((bound) => `each ${bound}`)),
  ];
}

function range(from: number | undefined, to: number | undefined, unit: string): readonly string[] {
  if (from === undefined && to === undefined) {
    return [];
  }
  // A bound beyond the safe integers of JavaScript matters to nobody.
  const isBounded = to !== undefined && to < Number.MAX_SAFE_INTEGER;
  if (!isBounded) {
    return from === undefined ? [] : [`at least ${from}${unit}`];
  }
  return from === undefined || from < 0 ? [`at most ${to}${unit}`] : [`${from} to ${to}${unit}`];
}

export function rulesOf({ 'x-kubernetes-validations': rules = [] }: Schema): readonly string[] {
  return rules.map(({ message }) => `Rule: ${message}.`);
}
