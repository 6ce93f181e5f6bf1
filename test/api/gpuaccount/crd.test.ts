import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { accountCrd } from '../../../src/api/gpuaccount/crd.ts';
import { ACCOUNT_REASONS } from '../../../src/api/gpuaccount/conditions.ts';

const Schema = z.record(z.string(), z.unknown());
type Schema = z.output<typeof Schema>;

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
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

const KINDS = [
  { kind: 'GpuAccount', scope: 'Namespaced', name: 'gpuaccounts.gpupod.dev' },
  { kind: 'ClusterGpuAccount', scope: 'Cluster', name: 'clustergpuaccounts.gpupod.dev' },
] as const;

const STRUCTURAL = new Set([
  ...['type', 'description', 'properties', 'required', 'items', 'enum', 'default', 'format', 'pattern'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'],
  ...['additionalProperties', 'maxProperties'],
]);

describe.each(KINDS)('the custom resource definition of $kind', ({ kind, scope, name }) => {
  const crd = Crd.parse(accountCrd(kind));
  const [version] = crd.spec.versions;
  const root = version.schema.openAPIV3Schema;
  const fields = [
    ...walk('spec', at(root, 'properties', 'spec')),
    ...walk('status', at(root, 'properties', 'status')),
  ];

  it('has the scope of the kind, and the name that the API server demands', () => {
    expect([crd.metadata.name, crd.spec.scope]).toEqual([name, scope]);
  });

  it('prints whose account it is and what it costs', () => {
    const columns = version.additionalPrinterColumns.filter(({ priority = 0 }) => priority === 0);
    expect(columns.map((column) => column.name)).toEqual(['Ready', 'User', 'Instances', '$/h', 'Age']);
  });

  it('has a default status that no tool reads as ready', () => {
    expect(at(root, 'properties', 'status')['default']).toEqual({ observedGeneration: -1 });
  });

  it.each(fields)('describes and bounds $path as a structural schema must', ({ path, schema }) => {
    const isItem = path.endsWith('[]');
    expect(isItem || /\w.*\.$/.test(String(schema['description']))).toBe(true);
    const isOpenText = schema['type'] === 'string' && schema['enum'] === undefined;
    expect(!isOpenText || typeof schema['maxLength'] === 'number').toBe(true);
    expect(schema['type'] !== 'array' || typeof schema['maxItems'] === 'number').toBe(true);
    expect(schema['type'] !== 'array' || typeof schema['x-kubernetes-list-type'] === 'string').toBe(true);
    expect(schema['additionalProperties'] === undefined || schema['properties'] === undefined).toBe(true);
    const foreign = Object.keys(schema).filter(
      (key) => !STRUCTURAL.has(key) && !key.startsWith('x-kubernetes-'),
    );
    expect(foreign).toEqual([]);
  });
});

describe('the two kinds', () => {
  it('differ only in who may use the account, so that nobody can point one at the Secret of another namespace', () => {
    const [namespaced, cluster] = KINDS.map(({ kind }) => {
      const root = Crd.parse(accountCrd(kind)).spec.versions[0].schema.openAPIV3Schema;
      return walk('spec', at(root, 'properties', 'spec')).map(({ path }) => path);
    });
    expect(cluster?.filter((path) => namespaced?.includes(path) === false)).toEqual(
      expect.arrayContaining(['spec.namespaceSelector', 'spec.isDefault']),
    );
    expect(namespaced?.filter((path) => cluster?.includes(path) === false)).toEqual([]);
    expect(cluster?.filter((path) => path.startsWith('spec.apiKeySecretRef.'))).toEqual([
      'spec.apiKeySecretRef.name',
      'spec.apiKeySecretRef.key',
    ]);
  });

  it('say of each reason what it means', () => {
    for (const { meaning } of Object.values(ACCOUNT_REASONS)) {
      expect(meaning).toMatch(/\w\.$/);
    }
  });
});

function walk(path: string, schema: Schema): readonly { readonly path: string; readonly schema: Schema }[] {
  const inner = Object.entries(at(schema, 'properties')).flatMap(([name, field]) =>
    walk(`${path}.${name}`, Schema.parse(field)),
  );
  const items = schema['items'] === undefined ? [] : walk(`${path}[]`, at(schema, 'items'));
  return [{ path, schema }, ...inner, ...items];
}

function at(schema: Schema, ...keys: readonly string[]): Schema {
  return keys.reduce<Schema>((inner, key) => Schema.parse(inner[key] ?? {}), schema);
}
