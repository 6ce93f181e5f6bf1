import * as z from 'zod';

export type JsonSchema = Record<string, unknown>;

/** zod's JSON schema without what a structural schema forbids or does not need. */
export function structural(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      // Of a map it is the schema of the values.
      if (jsonSchema.properties !== undefined) {
        delete jsonSchema.additionalProperties;
      }
      delete jsonSchema.propertyNames;
    },
  });
}

/** The JSON path of a field of the condition Ready, for the columns of `kubectl get`. */
export function readyField(field: string): string {
  return `.status.conditions[?(@.type=="Ready")].${field}`;
}
