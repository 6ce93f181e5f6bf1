import { z } from 'zod';
import { gpuPodCrd } from '../../src/api/gpupod/crd.ts';
import { FROZEN_FIELDS } from '../../src/api/gpupod/spec.ts';
import { code, GENERATED, table } from './markdown.ts';
import { fieldsBelow, Schema } from './schema-fields.ts';
import type { Field } from './schema-fields.ts';

const Crd = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string(), plural: z.string(), shortNames: z.array(z.string()) }),
    versions: z.tuple([z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: Schema }) })]),
  }),
});

/** Every field of a GpuPod, from the schema with which the API server validates it. */
export function gpuPodFields(): readonly Field[] {
  return fieldsBelow('', rootSchema()).map((field) => ({ ...field, path: field.path.slice(1) }));
}

/** `docs/reference/gpupod.md`. */
export function gpuPodReference(): string {
  const { group, names, versions } = Crd.parse(gpuPodCrd()).spec;
  const fields = gpuPodFields();
  const below = (part: string): string =>
    fieldTable(fields.filter(({ path }) => path.startsWith(`${part}.`)));
  return `${GENERATED}# ${names.kind}

${code(`${group}/${versions[0].name}`)}, plural ${code(names.plural)}, short names ${names.shortNames.map(code).join(' and ')}. Namespaced.

The cluster shows the same text: ${code(`kubectl explain ${names.kind.toLowerCase()}.spec --recursive`)}.
For the conditions and their reasons, see [conditions](conditions.md); for the reasons in \`status.rejections\`, see [rejections](rejections.md).

While ${code('status.podId')} is set, these parts of the spec cannot change: ${FROZEN_FIELDS.map(code).join(', ')}.
To change them, set ${code('suspend')} to true and wait until ${code('status.podId')} is gone.

## spec

${fields
  .filter(({ path }) => path === 'spec')
  .flatMap(({ schema }) => rulesOf(schema))
  .join('\n')}

${below('spec')}

## status

Only the operator writes it.

${below('status')}
`;
}

function rootSchema(): Schema {
  return Crd.parse(gpuPodCrd()).spec.versions[0].schema.openAPIV3Schema;
}

function fieldTable(fields: readonly Field[]): string {
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

function rulesOf({ 'x-kubernetes-validations': rules = [] }: Schema): readonly string[] {
  return rules.map(({ message }) => `Rule: ${message}.`);
}
