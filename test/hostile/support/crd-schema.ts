import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { lengthOf } from './hostile-values.ts';

/** The schema of one value in the CRD, with the keywords that the CRD uses. */
export interface Schema {
  readonly type?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly format?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({ items: schema.optional(), properties: z.record(z.string(), schema).optional() }),
);

const crd = z.object({
  spec: z.object({ versions: z.tuple([z.object({ schema: z.object({ openAPIV3Schema: schema }) })]) }),
});

const FILE = path.resolve(import.meta.dirname, '../../../crds/gpupods.gpupod.dev.yaml');

/** The schema of the whole object, as it is installed. */
const CRD_SCHEMA: Schema = crd.parse(parse(readFileSync(FILE, 'utf8'))).spec.versions[0].schema
  .openAPIV3Schema;

/** The errors that an API server with this CRD reports for a value, without CEL rules. Unknown fields are pruned. */
export function crdProblems(value: unknown, schemaOf: Schema = CRD_SCHEMA, place = ''): string[] {
  const { type = 'object' } = schemaOf;
  const isOfType = TYPES[type]?.(value) ?? false;
  if (!isOfType) return [`${place}: no ${type}`];
  const isInEnum = schemaOf.enum?.includes(value) ?? true;
  return [...(isInEnum ? [] : [`${place}: not in the enum`]), ...problemsOfType(value, schemaOf, place)];
}

function problemsOfType(value: unknown, schemaOf: Schema, place: string): string[] {
  if (typeof value === 'string') return textProblems(value, schemaOf, place);
  if (typeof value === 'number') return numberProblems(value, schemaOf, place);
  if (Array.isArray(value)) return listProblems(value, schemaOf, place);
  return isObject(value) ? objectProblems(value, schemaOf, place) : [];
}

/** A part of the object: `spec` or `status`. */
export function partOf(name: string): Schema {
  const part = CRD_SCHEMA.properties?.[name];
  if (part === undefined) throw new Error(`the CRD has no ${name}`);
  return part;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: Number.isFinite,
};

/** Go counts characters, while JavaScript counts halves of some. */
function textProblems(text: string, rules: Schema, place: string): string[] {
  const length = lengthOf(text);
  const problems = [
    length > (rules.maxLength ?? Infinity) && 'too long',
    length < (rules.minLength ?? 0) && 'too short',
    rules.pattern !== undefined && !new RegExp(rules.pattern, 'u').test(text) && 'does not match',
    rules.format === 'date-time' && !isDateTime(text) && 'no time',
    // A Go program would read another value than was written.
    !text.isWellFormed() && 'half a character',
  ];
  return problems.filter((problem) => problem !== false).map((problem) => `${place}: ${problem}`);
}

/** Like the API server, which accepts days that no month has. */
function isDateTime(text: string): boolean {
  return /^\d{4}-(0\d|1[0-2])-[0-3]\dt[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?(z|[+-]\d\d:\d\d)$/i.test(text);
}

function numberProblems(value: number, rules: Schema, place: string): string[] {
  const isInRange = value >= (rules.minimum ?? -Infinity) && value <= (rules.maximum ?? Infinity);
  return isInRange ? [] : [`${place}: out of range`];
}

function listProblems(list: readonly unknown[], rules: Schema, place: string): string[] {
  const isOfLength = list.length <= (rules.maxItems ?? Infinity) && list.length >= (rules.minItems ?? 0);
  const keys = rules['x-kubernetes-list-map-keys'];
  const identities = list.map((item) =>
    JSON.stringify(keys?.map((key) => (isObject(item) ? item[key] : undefined))),
  );
  const isDouble = keys !== undefined && new Set(identities).size < list.length;
  return [
    ...(isOfLength ? [] : [`${place}: wrong length`]),
    ...(isDouble ? [`${place}: one key twice`] : []),
    ...list.flatMap((item, index) => crdProblems(item, rules.items, `${place}[${index}]`)),
  ];
}

function objectProblems(value: Readonly<Record<string, unknown>>, rules: Schema, place: string): string[] {
  const missing = (rules.required ?? []).filter((key) => !Object.hasOwn(value, key));
  const known = Object.entries(rules.properties ?? {}).filter(([key]) => Object.hasOwn(value, key));
  return [
    ...missing.map((key) => `${place}.${key}: missing`),
    ...known.flatMap(([key, rule]) => crdProblems(value[key], rule, `${place}.${key}`)),
  ];
}
