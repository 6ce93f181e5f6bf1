import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { gpuPodCrd } from '../../../src/api/gpupod/crd.ts';
import { FROZEN_FIELDS, GpuPodSpec } from '../../../src/api/gpupod/spec.ts';
import { FRESH_STATUS, GpuPodStatus } from '../../../src/api/gpupod/status.ts';

const Schema = z.record(z.string(), z.unknown());
type Schema = z.output<typeof Schema>;
const Rules = z.array(
  z.object({ rule: z.string(), messageExpression: z.string(), fieldPath: z.string().optional() }),
);

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    names: z.object({ shortNames: z.array(z.string()), categories: z.array(z.string()) }),
    scope: z.string(),
    versions: z.tuple([
      z.object({
        subresources: z.object({ status: z.object({}) }),
        schema: z.object({ openAPIV3Schema: Schema }),
        additionalPrinterColumns: z.array(
          z.object({ name: z.string(), jsonPath: z.string(), priority: z.number().optional() }),
        ),
      }),
    ]),
  }),
});

const crd = Crd.parse(gpuPodCrd());
const [version] = crd.spec.versions;
const root = version.schema.openAPIV3Schema;

interface Field {
  readonly path: string;
  readonly schema: Schema;
  /** An item of a list has no name that `kubectl explain` could describe. */
  readonly isItem: boolean;
}

const FIELDS = [...fieldsOf('spec'), ...fieldsOf('status')];
const STRUCTURAL = new Set([
  ...['type', 'description', 'properties', 'required', 'items', 'enum', 'default', 'format', 'pattern'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'],
]);

describe('the custom resource definition', () => {
  it('is named after its plural and group, because the API server rejects any other name', () => {
    expect(crd.metadata.name).toBe('gpupods.gpupod.dev');
    expect(crd.spec).toMatchObject({
      scope: 'Namespaced',
      names: { shortNames: ['gpod', 'gp'], categories: ['gpu'] },
    });
  });

  it('prints what people ask for first, and the rest with -o wide', () => {
    const columns = version.additionalPrinterColumns;
    const named = (isWide: boolean): string[] =>
      columns.filter(({ priority = 0 }) => priority > 0 === isWide).map(({ name }) => name);
    expect(named(false)).toEqual([
      ...['Ready', 'Phase', 'Reason', 'Wanted', 'Count', 'GPU', 'Provider', '$/h', 'Expires', 'Age'],
    ]);
    expect(named(true)).toEqual(['Region', 'SSH', 'Pod-Id']);
  });

  it('has a default status that no tool reads as ready', () => {
    expect(at(root, 'properties', 'status')['default']).toEqual({ observedGeneration: -1 });
  });

  it('has a status whose owner is recorded once, not for each field', () => {
    expect(at(root, 'properties', 'status')['x-kubernetes-map-type']).toBe('atomic');
  });
});

describe.each(FIELDS)('the schema of $path', ({ schema, isItem }) => {
  it('has a description for kubectl explain', () => {
    expect(isItem || /\w.*\.$/.test(String(schema['description']))).toBe(true);
  });

  it('has bounds, from which the API server estimates the cost of CEL rules', () => {
    const isOpenText = schema['type'] === 'string' && schema['enum'] === undefined;
    expect(!isOpenText || typeof schema['maxLength'] === 'number').toBe(true);
    expect(schema['type'] !== 'array' || typeof schema['maxItems'] === 'number').toBe(true);
  });

  it('is structural: it has a type, and no key that the API server rejects', () => {
    const foreign = Object.keys(schema).filter(
      (key) => !STRUCTURAL.has(key) && !key.startsWith('x-kubernetes-'),
    );
    expect(foreign).toEqual([]);
    expect(schema['type']).toEqual(expect.any(String));
  });

  it('says how lists merge, so that server-side apply does not guess', () => {
    expect(schema['type'] !== 'array' || typeof schema['x-kubernetes-list-type'] === 'string').toBe(true);
  });
});

describe('the rule that freezes the fields of a rented instance', () => {
  const [rule, ...others] = Rules.parse(root['x-kubernetes-validations']);

  it('is the only one at the root: the API server runs it at each write of a status, and each costs it time', () => {
    expect(others).toEqual([]);
    expect(
      rule?.rule.startsWith(
        '!has(oldSelf.status) || !has(oldSelf.status.podId) || self.spec == oldSelf.spec || ',
      ),
    ).toBe(true);
  });

  it.each(FROZEN_FIELDS)('names %s if it changes', (field) => {
    expect(rule?.messageExpression).toContain(`? '' : 'spec.${field} '`);
    // Reading an absent field fails every later write, even the removal of the finalizer.
    const isUnchanged = `(has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field}))`;
    expect(rule?.rule).toContain(isUnchanged);
    expect(rule?.messageExpression).toContain(isUnchanged);
  });

  it('says how to change them', () => {
    expect(rule?.messageExpression).toContain('spec.suspend');
  });
});

describe('the smallest useful GpuPod', () => {
  it('has these fields, with these defaults', () => {
    expect(GpuPodSpec.parse({ gpu: { types: ['H100_80GB'] }, maxPrice: 3 })).toEqual({
      gpu: { types: ['H100_80GB'], count: 1 },
      placement: { spot: 'Forbid', allowPrepaid: false, minStock: 'Low' },
      strategy: 'Cheapest',
      resources: { fit: 'AtLeast' },
      maxPrice: 3,
      maxAttempts: 3,
      provisioningTimeout: '20m',
      deletionPolicy: 'Delete',
      suspend: false,
    });
  });

  it('has a status that fits its own schema', () => {
    expect(GpuPodStatus.parse(FRESH_STATUS)).toEqual({ observedGeneration: -1 });
  });
});

function fieldsOf(part: 'spec' | 'status'): readonly Field[] {
  return walk(part, at(root, 'properties', part), false);
}

function walk(path: string, schema: Schema, isItem: boolean): readonly Field[] {
  const inner = Object.entries(at(schema, 'properties')).flatMap(([name, field]) =>
    walk(`${path}.${name}`, Schema.parse(field), false),
  );
  const items = schema['items'] === undefined ? [] : walk(`${path}[]`, at(schema, 'items'), true);
  return [{ path, schema, isItem }, ...inner, ...items];
}

function at(schema: Schema, ...keys: readonly string[]): Schema {
  return keys.reduce<Schema>((inner, key) => Schema.parse(inner[key] ?? {}), schema);
}
