import * as z from 'zod';
import { condition, count, text, usdPerHour } from '../common/status-kinds.ts';
import { ACCOUNT_CONDITION_TYPES } from './conditions.ts';

/** The status of GpuAccounts and ClusterGpuAccounts: what the operator last observed. Only the operator writes it. */
export const GpuAccountStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe('Generation of the spec that the operator last acted on; -1 before the first time.'),
    userId: text(
      'Prime Intellect user that the API key belongs to. Recorded once: a key of another user is AccountChanged, until you set gpupod.dev/accept-user.',
    ).optional(),
    origin: text('Origin of the provider API that the user belongs to.').optional(),
    instances: count('Instances that GpuPods have rented with this account.').optional(),
    gpus: count('GPUs of these instances.').optional(),
    pricePerHour: usdPerHour('What these instances cost together.').optional(),
    displayPerHour: text('pricePerHour as people write it, such as 3.80.', 32).optional(),
    conditions: z
      .array(condition(ACCOUNT_CONDITION_TYPES))
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe('Ready; Reconciling and Stalled only while they are true.')
      .optional(),
  })
  .describe('What the operator last saw of the account.');

/** The most namespaces that the status of a ClusterGpuAccount lists. */
export const MAX_LISTED_NAMESPACES = 20;

const namespaceUsage = z
  .object({
    namespace: text('The namespace.', 63),
    instances: count('Instances that its GpuPods have rented with this account.'),
    gpus: count('GPUs of these instances.'),
    pricePerHour: usdPerHour('What these instances cost together.'),
  })
  .describe('What the GpuPods of one namespace have with this account.');

export const ClusterGpuAccountStatus = GpuAccountStatus.extend({
  namespaces: z
    .array(namespaceUsage)
    .max(MAX_LISTED_NAMESPACES)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['namespace'] })
    .describe(
      `The namespaces with instances, the most expensive first, ${String(MAX_LISTED_NAMESPACES)} at most.`,
    )
    .optional(),
  otherNamespaces: count('Number of further namespaces with instances.').optional(),
}).describe('What the operator last saw of the account.');

/** The status of either kind. */
export type GpuAccountStatus = z.output<typeof ClusterGpuAccountStatus>;
export type AccountCondition = NonNullable<GpuAccountStatus['conditions']>[number];

/** The status before the first observation. The schema sets it as the default. */
export const FRESH_ACCOUNT_STATUS: GpuAccountStatus = { observedGeneration: -1 };
