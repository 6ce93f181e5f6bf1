import * as z from 'zod';
import { duration, objectName, providerId, secretKeyRef } from '../common/field-kinds.ts';
import { accountRef, env, gpu, placement, resources } from './spec-parts.ts';
import { ssh } from './ssh.ts';

/** USD per hour. The provider reads 0 as "no cap". */
const MIN_PRICE = 0.01;

/**
 * `GpuPod.spec`: the single source of the types, the CRD schema and the field reference. Every field has a
 * description, which `kubectl explain` prints. Every string and list has an upper bound, which the API server needs
 * to estimate the cost of CEL rules.
 */
export const GpuPodSpec = z
  .object({
    gpu,
    placement: placement.prefault({}),
    strategy: z
      .enum(['Cheapest', 'Ordered', 'BestStock'])
      .default('Cheapest')
      .describe(
        'How to choose among the offers that fit: Cheapest; Ordered (as gpu.types lists them, then by price); BestStock (by stock, then by price).',
      ),
    resources: resources.prefault({}),
    image: providerId()
      .describe(
        'Image, by the name that the provider uses; only offers that list it are chosen. Absent: ubuntu_22_cuda_12. Exclusive with customTemplateId.',
      )
      .optional(),
    customTemplateId: providerId()
      .describe(
        'ID of a public template, or of one of your own, from the Templates page of the provider. Exclusive with image. Not every template works with every upstream provider and GPU.',
      )
      .optional(),
    env: env.optional(),
    sshKeyId: providerId()
      .describe('Deprecated: the former name of ssh.keyId. Exclusive with ssh.')
      .optional(),
    ssh: ssh.optional(),
    disks: z
      .array(providerId())
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe(
        'IDs of existing disks to attach; only offers that can reach them are chosen. They outlive the instance.',
      )
      .optional(),
    teamId: providerId()
      .describe(
        'Team whose wallet pays. The operator allows only the teams in its settings; with a GpuAccount or ClusterGpuAccount, only teamId and limits.teamIds of that account.',
      )
      .optional(),
    accountRef: accountRef.optional(),
    jupyterPasswordSecretRef: secretKeyRef
      .describe('Secret key that holds the password for Jupyter on the instance.')
      .optional(),
    maxPrice: z
      .number()
      .min(MIN_PRICE)
      .max(100_000)
      // The API server rounds the bound of a whole number, so that 0 would pass; the rule does not.
      .meta({
        'x-kubernetes-validations': [
          {
            rule: `self >= ${String(MIN_PRICE)}`,
            message: `must be at least ${String(MIN_PRICE)} USD per hour; leave it out for no cap`,
          },
        ],
      })
      .describe(
        'Cap in USD per hour for the whole instance, all in (GPUs, disk, vCPUs, memory). The operator terminates an instance above it before it is ready. If the provider raises the price later, the operator keeps the instance and sends the event PriceAboveCap.',
      )
      .optional(),
    maxLifetime: duration('1m')
      .describe(
        'How long one instance may live, such as 8h, counted from status.createdAt. Then the operator terminates it (Expired) and rents nothing until you raise this field, or set suspend to true and back. It may change at any time. The operator may set a ceiling and a default.',
      )
      .optional(),
    maxTotalCost: z
      .number()
      .min(MIN_PRICE)
      .max(1_000_000)
      .meta({
        'x-kubernetes-validations': [
          {
            rule: `self >= ${String(MIN_PRICE)}`,
            message: `must be at least ${String(MIN_PRICE)} USD; leave it out for no limit`,
          },
        ],
      })
      .describe(
        'What all attempts of this GpuPod may cost together, in USD, estimated from prices and times; prepaid hours count in full. An offer is chosen only if its first hour still fits. At the limit the operator terminates the instance (CostLimitReached). It may change at any time.',
      )
      .optional(),
    maxAttempts: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .describe(
        'How many instances may fail to become ready before the operator stops and asks a person. As many attempts in a row with an unknown outcome, but at least 3, stop it too.',
      ),
    provisioningTimeout: duration('10s')
      .default('20m')
      .describe(
        'How long an instance may take to become ready, such as 20m or 1h30m. After that the operator terminates it and tries the next offer.',
      ),
    readiness: z
      .enum(['Active', 'Reachable'])
      .describe(
        'When the instance counts as ready: Active (the provider says so; the default), or Reachable (its SSH server has answered, too; needs --ssh-probe of the operator). It matters until the instance is ready for the first time.',
      )
      .optional(),
    offerTimeout: duration()
      .describe('How long to search for an offer that fits. Absent: until there is one. 0s: search once.')
      .optional(),
    deletionPolicy: z
      .enum(['Delete', 'Retain'])
      .default('Delete')
      .describe(
        'What happens to the instance when the GpuPod is deleted: Delete terminates it, Retain leaves it running and billing.',
      ),
    connectionSecretName: objectName()
      .describe(
        'Name of the Secret with the connection data. Absent: <name>-connection. The operator never overwrites a Secret that this GpuPod does not own. If the name changes, it writes the new Secret and removes the old one.',
      )
      .optional(),
    suspend: z
      .boolean()
      .default(false)
      .describe('true terminates the instance and keeps the GpuPod; false rents again.'),
  })
  .describe('The instance that you want.');

/** The spec with its defaults filled in. */
export type GpuPodSpec = z.output<typeof GpuPodSpec>;

/** The spec as a person writes it. */
export type GpuPodSpecInput = z.input<typeof GpuPodSpec>;

/** The image without `image` and `customTemplateId`: the provider's own default. */
export const DEFAULT_IMAGE = 'ubuntu_22_cuda_12';

/** The image name that goes with `customTemplateId`. */
export const CUSTOM_TEMPLATE_IMAGE = 'custom_template';

/** Spec fields that cannot change while an instance is rented, because they determined what was rented. */
export const FROZEN_FIELDS = [
  'gpu',
  'placement',
  'resources',
  'image',
  'customTemplateId',
  'env',
  'sshKeyId',
  'ssh',
  'disks',
  'teamId',
  'jupyterPasswordSecretRef',
  'accountRef',
] as const;
