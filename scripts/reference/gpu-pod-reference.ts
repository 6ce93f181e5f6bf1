import * as z from 'zod';
import { gpuPodCrd } from '../../src/api/gpupod/crd.ts';
import { FROZEN_FIELDS } from '../../src/api/gpupod/spec.ts';
import { fieldTable, rulesOf } from './field-table.ts';
import { code, GENERATED } from './markdown.ts';
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
