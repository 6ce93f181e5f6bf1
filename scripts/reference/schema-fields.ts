import * as z from 'zod';

/** The parts of a CRD's schema that the reference shows. */
export interface Schema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly format?: string | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[] | undefined;
}

export const Schema: z.ZodType<Schema> = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get items() {
    return Schema.optional();
  },
  'x-kubernetes-validations': z.array(z.object({ message: z.string() })).optional(),
});

/** One field of an object, with the path that people write: `spec.env[].valueFrom`. */
export interface Field {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** The fields below a schema, each before its own fields, in the order of the schema. */
export function fieldsBelow(path: string, { properties = {}, required = [] }: Schema): readonly Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const fieldPath = `${path}.${name}`;
    const field = { path: fieldPath, schema, isRequired: required.includes(name) };
    return [field, ...fieldsBelow(fieldPath, schema), ...itemFields(fieldPath, schema)];
  });
}

function itemFields(path: string, { items }: Schema): readonly Field[] {
  return items === undefined ? [] : fieldsBelow(`${path}[]`, items);
}
