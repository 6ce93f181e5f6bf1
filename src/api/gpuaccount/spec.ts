import * as z from 'zod';
import { objectName, providerId } from '../common/field-kinds.ts';
import { accountDefaults, accountLimits } from './limits.ts';

/**
 * The specs of GpuAccount and ClusterGpuAccount: one schema, two scopes. Every string and list has an upper bound, which
 * the API server needs to estimate the cost of CEL rules.
 */

/** The key under which the operator's own Secret has its API key, too. */
const DEFAULT_SECRET_KEY = 'api-key';

const labelName = z
  .string()
  .min(1)
  .max(317)
  .regex(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
const labelValue = z
  .string()
  .max(63)
  .regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/);

function apiKeySecretRef(where: string) {
  return z
    .object({
      name: objectName().describe(`Name of a Secret in ${where}.`),
      key: z
        .string()
        .min(1)
        .max(253)
        .regex(/^[A-Za-z0-9._-]+$/)
        .default(DEFAULT_SECRET_KEY)
        .describe('Key in the data of that Secret. Its value is the bare API key.'),
    })
    .describe(`The Secret with the API key, in ${where}. A new key is usually in use within 5 seconds.`);
}

const shared = {
  defaults: accountDefaults,
  teamId: providerId()
    .describe(
      'Team whose wallet pays for GpuPods of this account. Absent: the wallet of the user that the API key belongs to.',
    )
    .optional(),
  protectSecret: z
    .boolean()
    .default(true)
    .describe(
      'true: the Secret is kept, with a finalizer, while GpuPods have instances with this account. Without the key nobody could terminate them.',
    ),
  suspend: z
    .boolean()
    .default(false)
    .describe('true: nothing new is rented with this account; running instances keep running and billing.'),
};

const labelRequirement = z
  .object({
    key: labelName.describe('Name of the label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe('How the value of the label is compared with values.'),
    values: z
      .array(labelValue)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('For In and NotIn: the values. Otherwise absent.')
      .optional(),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
        message: 'In and NotIn need values; Exists and DoesNotExist have none',
      },
    ],
  });

const namespaceSelector = z
  .object({
    matchLabels: z
      .record(labelName, labelValue)
      .meta({ maxProperties: 32 })
      .describe('Labels that a namespace must have, with these values.')
      .optional(),
    matchExpressions: z
      .array(labelRequirement)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Conditions on the labels of a namespace; all of them must hold.')
      .optional(),
  })
  .describe('Namespaces whose GpuPods may use this account, by their labels. Absent: none. Empty ({}): all.');

export const GpuAccountSpec = z
  .object({
    apiKeySecretRef: apiKeySecretRef('the namespace of the GpuAccount'),
    ...shared,
    limits: accountLimits(true),
  })
  .describe('The API key that pays, and how it may be used.');

export const ClusterGpuAccountSpec = z
  .object({
    apiKeySecretRef: apiKeySecretRef("the operator's own namespace"),
    ...shared,
    limits: accountLimits(false),
    namespaceSelector: namespaceSelector.optional(),
    isDefault: z
      .boolean()
      .default(false)
      .describe(
        'true: pays for the GpuPods of the selected namespaces that name no account, unless their namespace has a GpuAccount named default. With two such accounts for one namespace, its GpuPods rent nothing.',
      ),
  })
  .describe('The API key that pays, and who may use it.');

export type NamespaceSelector = z.output<typeof namespaceSelector>;
