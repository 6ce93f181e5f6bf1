import * as z from 'zod';

/** The description of one field that people write. */
export interface DescribedField {
  readonly name: string;
  /** `number`, `list of text`, or the values with commas between them. */
  readonly type: string;
  readonly isRequired: boolean;
  /** As JSON, or undefined if there is no default. */
  readonly defaultText?: string;
  readonly description: string;
}

const JsonSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  get items() {
    return JsonSchema.optional();
  },
  get anyOf() {
    return z.array(JsonSchema).optional();
  },
});
type JsonSchema = z.infer<typeof JsonSchema>;

const ObjectSchema = z.object({
  properties: z.record(z.string(), JsonSchema).default({}),
  required: z.array(z.string()).default([]),
});

/** The fields of an object, in the sequence of the schema. */
export function describedFields(schema: z.ZodType): readonly DescribedField[] {
  const { properties, required } = ObjectSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).map(([name, field]) => ({
    name,
    type: typeText(field),
    isRequired: required.includes(name),
    ...(field.default === undefined ? {} : { defaultText: JSON.stringify(field.default) }),
    description: field.description ?? '',
  }));
}

function typeText({ type, enum: values, items, anyOf }: JsonSchema): string {
  if (anyOf !== undefined) {
    return anyOf.map(typeText).join(' or ');
  }
  if (values !== undefined) {
    return values.map(String).join(', ');
  }
  if (Array.isArray(type)) {
    return type.map((one) => typeText({ type: one, items })).join(' or ');
  }
  if (type === 'array') {
    return `list of ${typeText(items ?? {})}`;
  }
  return type === 'string' ? 'text' : (type ?? 'anything');
}
