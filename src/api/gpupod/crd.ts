import { markCrd } from '../common/crd-marks.ts';
import { GROUP, KIND, PLURAL, VERSION } from '../common/names.ts';
import { readyField, structural } from '../common/structural.ts';
import type { JsonSchema } from '../common/structural.ts';
import { FROZEN_FIELDS, GpuPodSpec } from './spec.ts';
import { FRESH_STATUS, GpuPodStatus } from './status.ts';

/** The CustomResourceDefinition of `GpuPod`, generated from the zod schemas. */
export function gpuPodCrd(): JsonSchema {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: KIND.toLowerCase(),
        shortNames: ['gpod', 'gp'],
        categories: ['gpu'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema() },
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
        },
      ],
    },
  };
}

/** The CRD with marks of its content and version. */
export function markedGpuPodCrd(version: string): JsonSchema {
  return markCrd(gpuPodCrd(), version);
}

function rootSchema(): JsonSchema {
  return {
    type: 'object',
    description:
      'A GPU instance rented at Prime Intellect. Creating a GpuPod rents an instance; deleting it terminates the instance.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'gpupod.dev/v1alpha1' },
      kind: { type: 'string', description: 'GpuPod' },
      metadata: { type: 'object' },
      spec: {
        ...structural(GpuPodSpec),
        'x-kubernetes-validations': [
          {
            rule: '!has(self.image) || !has(self.customTemplateId)',
            message:
              'image and customTemplateId exclude each other: remove image to use the template, or customTemplateId to use the image',
            fieldPath: '.customTemplateId',
          },
          {
            rule: "!has(self.image) || self.image != 'custom_template'",
            message:
              'custom_template is not chosen as an image: set customTemplateId to the ID of the template, and remove image',
            fieldPath: '.image',
          },
          {
            rule: '!has(self.ssh) || !has(self.sshKeyId)',
            message:
              'ssh and sshKeyId exclude each other: remove sshKeyId, and set ssh.keyId if you want that key',
            fieldPath: '.sshKeyId',
          },
        ],
      },
      status: {
        ...structural(GpuPodStatus),
        default: FRESH_STATUS,
        // The operator alone writes it, always whole. Otherwise the API server would record in each GpuPod who owns each
        // of 60 fields, and compare them at each write.
        'x-kubernetes-map-type': 'atomic',
      },
    },
    'x-kubernetes-validations': [FROZEN_WHILE_RENTED],
  };
}

/**
 * The rule is at the root, where it sees both spec and old status. It is one rule for all fields, and compares the spec
 * as a whole first, because the API server runs it at each write of the status: for every field that a rule reads, it
 * copies the schemas of all fields beside it. With a rule for each field, this was a seventh of its processor time while
 * GpuPods start.
 */
const FROZEN_WHILE_RENTED = {
  rule:
    '!has(oldSelf.status) || !has(oldSelf.status.podId) || self.spec == oldSelf.spec || ' +
    `(${FROZEN_FIELDS.map(isUnchanged).join(' && ')})`,
  messageExpression:
    FROZEN_FIELDS.map((field) => `(${isUnchanged(field)} ? '' : 'spec.${field} ')`).join(' + ') +
    " + 'cannot change while an instance exists (status.podId is set): " +
    "set spec.suspend to true, wait until status.podId is removed, then change it; or delete the GpuPod'",
  message: 'what was rented cannot change while an instance exists (status.podId is set)',
  fieldPath: '.spec',
};

/** Asks `has` on both sides: a rule that reads an absent field would fail every later write, even that of the finalizer. */
function isUnchanged(field: string): string {
  const [now, before] = [`self.spec.${field}`, `oldSelf.spec.${field}`];
  return `(has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before}))`;
}

const COLUMNS = [
  { name: 'Ready', type: 'string', jsonPath: readyField('status') },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Reason', type: 'string', jsonPath: readyField('reason') },
  { name: 'Wanted', type: 'string', jsonPath: '.spec.gpu.types', description: 'The GPU types of the spec.' },
  { name: 'Count', type: 'integer', jsonPath: '.spec.gpu.count' },
  {
    name: 'GPU',
    type: 'string',
    jsonPath: '.status.offer.gpuType',
    description: 'The GPU type that is rented.',
  },
  { name: 'Provider', type: 'string', jsonPath: '.status.offer.provider' },
  {
    name: '$/h',
    type: 'string',
    jsonPath: '.status.cost.displayPerHour',
    description: 'USD per hour for the whole instance, all in.',
  },
  {
    name: 'Expires',
    // As type date, kubectl would print a time in the future as <invalid>.
    type: 'string',
    jsonPath: '.status.expiresAt',
    description: 'When the operator terminates the instance because of a limit.',
  },
  { name: 'Region', type: 'string', jsonPath: '.status.offer.region', priority: 1 },
  { name: 'SSH', type: 'string', jsonPath: '.status.ssh.command', priority: 1 },
  { name: 'Pod-Id', type: 'string', jsonPath: '.status.podId', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];
