import { ACCOUNT_PLURALS, API_VERSION, GROUP, VERSION } from '../common/names.ts';
import type { AccountKind } from '../common/names.ts';
import { markCrd } from '../common/crd-marks.ts';
import { readyField, structural } from '../common/structural.ts';
import type { JsonSchema } from '../common/structural.ts';
import { ClusterGpuAccountSpec, GpuAccountSpec } from './spec.ts';
import { ClusterGpuAccountStatus, FRESH_ACCOUNT_STATUS, GpuAccountStatus } from './status.ts';

interface KindParts {
  readonly scope: 'Namespaced' | 'Cluster';
  readonly shortName: string;
  readonly spec: typeof GpuAccountSpec | typeof ClusterGpuAccountSpec;
  readonly status: typeof GpuAccountStatus | typeof ClusterGpuAccountStatus;
  readonly description: string;
}

const PARTS: Readonly<Record<AccountKind, KindParts>> = {
  GpuAccount: {
    scope: 'Namespaced',
    shortName: 'gacc',
    spec: GpuAccountSpec,
    status: GpuAccountStatus,
    description:
      'An account at Prime Intellect that pays for GpuPods of its own namespace. The one named default pays for GpuPods that name none.',
  },
  ClusterGpuAccount: {
    scope: 'Cluster',
    shortName: 'cgacc',
    spec: ClusterGpuAccountSpec,
    status: ClusterGpuAccountStatus,
    description: 'An account at Prime Intellect that pays for GpuPods of the namespaces that it selects.',
  },
};

/** The CustomResourceDefinition of one kind of account, generated from the zod schemas. */
export function accountCrd(kind: AccountKind): JsonSchema {
  const plural = ACCOUNT_PLURALS[kind];
  const { scope, shortName } = PARTS[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['gpu'],
      },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(kind) },
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
        },
      ],
    },
  };
}

/** The CRD with marks of its content and version. */
export function markedAccountCrd(kind: AccountKind, version: string): JsonSchema {
  return markCrd(accountCrd(kind), version);
}

function rootSchema(kind: AccountKind): JsonSchema {
  const { spec, status, description } = PARTS[kind];
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: API_VERSION },
      kind: { type: 'string', description: kind },
      metadata: { type: 'object' },
      spec: structural(spec),
      status: { ...structural(status), default: FRESH_ACCOUNT_STATUS },
    },
  };
}

const COLUMNS = [
  { name: 'Ready', type: 'string', jsonPath: readyField('status') },
  { name: 'User', type: 'string', jsonPath: '.status.userId' },
  { name: 'Instances', type: 'integer', jsonPath: '.status.instances' },
  {
    name: '$/h',
    type: 'string',
    jsonPath: '.status.displayPerHour',
    description: 'USD per hour for all instances of this account.',
  },
  { name: 'Reason', type: 'string', jsonPath: readyField('reason'), priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];
