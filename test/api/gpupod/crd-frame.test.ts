import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { gpuPodCrd } from '../../../src/api/gpupod/crd.ts';
import {
  ANNOTATIONS,
  API_VERSION,
  FINALIZER,
  LABELS,
  SPENT_ANNOTATION,
} from '../../../src/api/common/names.ts';

/** The part of a schema that these tests read. */
interface Schema {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly 'x-kubernetes-list-type'?: string | undefined;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined;
  readonly 'x-kubernetes-validations'?: readonly Rule[] | undefined;
}

interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string | undefined;
}

const Rule = z.object({ rule: z.string(), message: z.string(), fieldPath: z.string().optional() });
const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    format: z.string().optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional(),
    'x-kubernetes-list-type': z.string().optional(),
    'x-kubernetes-list-map-keys': z.array(z.string()).optional(),
    'x-kubernetes-validations': z.array(Rule).optional(),
  }),
);
const Column = z.object({ name: z.string(), type: z.string(), jsonPath: z.string() });
const Version = z.object({
  schema: z.object({ openAPIV3Schema: Schema }),
  additionalPrinterColumns: z.array(Column),
});
const crd = z.object({ spec: z.object({ versions: z.tuple([Version]) }) }).parse(gpuPodCrd());
const [version] = crd.spec.versions;
const root = version.schema.openAPIV3Schema;

/** Each field with its path from the root: `spec.gpu.types`, `status.ports[].protocol`. */
function walk(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    walk(field, path === '' ? name : `${path}.${name}`),
  );
  const items = schema.items === undefined ? [] : walk(schema.items, `${path}[]`);
  return [[path, schema], ...inner, ...items];
}

const FIELDS = walk(root, '');

/** A column may filter a list, as in `.status.conditions[?(@.type=="Ready")].reason`. */
function typeAt(path: string): string | undefined {
  const plain = path.replace(/\[\?\(@\.type=="Ready"\)\]/, '[]').slice(1);
  return FIELDS.find(([at]) => at === plain)?.[1].type;
}

describe('the frame of the definition', () => {
  it('has the group, kind and short names that people type', () => {
    expect(gpuPodCrd()).toMatchObject({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      spec: {
        group: 'gpupod.dev',
        names: { kind: 'GpuPod', listKind: 'GpuPodList', plural: 'gpupods', singular: 'gpupod' },
        versions: [
          {
            name: 'v1alpha1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                description: expect.stringContaining('GPU'),
                required: ['spec'],
                properties: {
                  apiVersion: { type: 'string', description: API_VERSION },
                  kind: { type: 'string', description: 'GpuPod' },
                  metadata: { type: 'object' },
                },
              },
            },
          },
        ],
      },
    });
  });

  it.each(version.additionalPrinterColumns.filter(({ name }) => name !== 'Age'))(
    'has a field for the column $name, because a column without one stays empty',
    ({ name, type, jsonPath }) => {
      // The API server prints a list as JSON text.
      expect(typeAt(jsonPath)).toBe(name === 'Wanted' ? 'array' : type);
    },
  );

  it('takes the age from the metadata', () => {
    expect(version.additionalPrinterColumns.at(-1)).toMatchObject({
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
    });
  });

  it('declares the format of every time', () => {
    const times = FIELDS.filter(
      ([path]) => /(At|Time)$/.test(path) && !path.endsWith('lastHandledReconcileAt'),
    );
    expect(times.map(([, { format }]) => format)).toEqual(times.map(() => 'date-time'));
    expect(times).toHaveLength(10);
  });

  it('merges lists by the key of their items', () => {
    const lists = FIELDS.filter(([, { type }]) => type === 'array').map(([path, schema]) => {
      const keys = schema['x-kubernetes-list-map-keys'];
      return [path, schema['x-kubernetes-list-type'], ...(keys ?? [])].join(' ');
    });
    expect(lists).toEqual([
      'spec.gpu.types atomic',
      'spec.gpu.sockets set',
      'spec.placement.regions set',
      'spec.placement.countries set',
      'spec.placement.dataCenters set',
      'spec.placement.providers.allow set',
      'spec.placement.providers.deny set',
      'spec.env map name',
      'spec.disks set',
      'status.ports atomic',
      'status.attempts atomic',
      'status.rejections atomic',
      'status.conditions map type',
    ]);
  });
});

describe('the rules of the definition', () => {
  const rules = FIELDS.flatMap(([path, schema]) =>
    path === '' ? [] : (schema['x-kubernetes-validations'] ?? []).map((rule) => ({ path, ...rule })),
  );

  it('are on these fields; the cluster tests show what they reject', () => {
    expect(rules.map(({ path, rule }) => `${path}: ${rule}`)).toEqual([
      'spec: !has(self.image) || !has(self.customTemplateId)',
      "spec: !has(self.image) || self.image != 'custom_template'",
      'spec: !has(self.ssh) || !has(self.sshKeyId)',
      'spec.placement.providers: !has(self.allow) || !has(self.deny) || self.allow.all(p, !(p in self.deny))',
      'spec.env: self.map(e, has(e.value) ? size(e.value) : 0).sum() <= 32768',
      'spec.env[]: has(self.value) != has(self.valueFrom)',
      String.raw`spec.env[].value: !self.contains('\u0000')`,
      'spec.ssh: [has(self.keyId), has(self.publicKey), has(self.publicKeySecretRef), has(self.generate)].filter(given, given).size() == 1',
      "spec.ssh: !has(self.publicKey) || !self.publicKey.contains('PRIVATE KEY')",
      String.raw`spec.ssh: !has(self.publicKey) || self.publicKey.contains('PRIVATE KEY') || !self.publicKey.trim().contains('\n')`,
      "spec.ssh: !has(self.publicKey) || !self.publicKey.startsWith('ssh-dss')",
      "spec.ssh: !has(self.publicKey) || self.publicKey.contains('PRIVATE KEY') || ['ssh-', 'ecdsa-', 'sk-'].exists(type, self.publicKey.trim().startsWith(type))",
      'spec.ssh: !has(self.generate) || self.generate',
      'spec.maxPrice: self >= 0.01',
      "spec.maxLifetime: duration(self) >= duration('1m')",
      'spec.maxTotalCost: self >= 0.01',
      "spec.provisioningTimeout: duration(self) >= duration('10s')",
    ]);
  });

  it.each(rules)('$path: $rule says what to do', ({ message }) => {
    expect(message).toMatch(/remove|give|must be at least|must not|set/);
  });

  it('names the field to change where several take part', () => {
    const pointed = rules.filter(({ path }) => path === 'spec').map(({ fieldPath }) => fieldPath);
    expect(pointed).toEqual(['.customTemplateId', '.image', '.sshKeyId']);
  });
});

describe('the names on objects', () => {
  it('belong to the group, so that they collide with no others', () => {
    const names = [FINALIZER, SPENT_ANNOTATION, ...Object.values(ANNOTATIONS)];
    expect(names.filter((name) => !/^gpupod\.dev\/[a-z-]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are the ones that common tools look for', () => {
    expect(LABELS).toMatchObject({
      managedBy: 'app.kubernetes.io/managed-by',
      name: 'app.kubernetes.io/name',
    });
  });
});
