import { z } from 'zod';
import { duration, objectName, providerId, secretKeyRef } from './field-kinds.ts';
import { env, gpu, placement, resources } from './spec-parts.ts';

/** USD per hour. The provider reads 0 as no cap. */
const MIN_PRICE = 0.01;

/**
 * `GpuPod.spec`: the one source of the types, of the CRD's schema and of the field reference. Every field
 * has a description (`kubectl explain` prints it), every string and list an upper bound (the API server
 * estimates the cost of the CEL rules from them).
 */
export const GpuPodSpec = z
  .object({
    gpu,
    placement: placement.prefault({}),
    strategy: z
      .enum(['Cheapest', 'Ordered', 'BestStock'])
      .default('Cheapest')
      .describe(
        'How to choose among the offers that fit: Cheapest; Ordered (by the order of gpu.types, then by price); BestStock (by stock, then by price).',
      ),
    resources: resources.prefault({}),
    image: providerId()
      .describe(
        'Image in the words of the provider; only offers that list it are chosen. Absent: ubuntu_22_cuda_12. Exclusive with customTemplateId.',
      )
      .optional(),
    customTemplateId: providerId()
      .describe(
        'Id of a public template, or of one of your own, from the Templates page of the provider. Exclusive with image. Not every template works with every provider and GPU.',
      )
      .optional(),
    env: env.optional(),
    sshKeyId: providerId()
      .describe(
        'Id of an SSH key that is stored at the provider. Absent: the default of the operator, else the primary key of the account.',
      )
      .optional(),
    disks: z
      .array(providerId())
      .min(1)
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe(
        'Ids of existing disks to attach; only offers that can reach them are chosen. They outlive the machine.',
      )
      .optional(),
    teamId: providerId()
      .describe('Team whose wallet pays. The operator allows only the teams that it was told of.')
      .optional(),
    jupyterPasswordSecretRef: secretKeyRef
      .describe('Secret key that holds the password for Jupyter on the machine.')
      .optional(),
    maxPrice: z
      .number()
      .min(MIN_PRICE)
      .max(100_000)
      // The API server compares a whole number with a bound that was cut to a whole one: 0 would pass.
      .meta({
        'x-kubernetes-validations': [
          {
            rule: `self >= ${String(MIN_PRICE)}`,
            message: `must be at least ${String(MIN_PRICE)} USD per hour; leave it out for no cap`,
          },
        ],
      })
      .describe(
        'Cap in USD per hour for the whole machine, all in (GPUs, disk, vcpus, memory). A machine above it is never kept.',
      )
      .optional(),
    maxAttempts: z
      .int()
      .min(1)
      .max(20)
      .default(3)
      .describe(
        'How many machines may be rented that never get ready, before the operator stops and asks a person. As many attempts in a row whose outcome stays unknown, but at least 3, stop it too.',
      ),
    provisioningTimeout: duration('10s')
      .default('20m')
      .describe(
        'How long a rented machine may take to get ready, before it is ended and the next offer is tried. Such as 20m or 1h30m.',
      ),
    offerTimeout: duration()
      .describe('How long to look for an offer that fits. Absent: until there is one. 0s: one look.')
      .optional(),
    deletionPolicy: z
      .enum(['Delete', 'Retain'])
      .default('Delete')
      .describe(
        'What happens to the machine when the GpuPod is deleted: Delete ends the rental, Retain leaves it running and billing.',
      ),
    connectionSecretName: objectName()
      .describe(
        'Name of the Secret with the connection data. Absent: <name>-connection. A Secret that is not owned by this GpuPod is never overwritten. Under a new name it is written anew, and the old one is removed.',
      )
      .optional(),
    suspend: z
      .boolean()
      .default(false)
      .describe('true ends the rental and keeps the object; false rents again.'),
  })
  .describe('The machine that is wanted.');

/** The spec with its defaults filled in. */
export type GpuPodSpec = z.output<typeof GpuPodSpec>;

/** The spec as a person writes it. */
export type GpuPodSpecInput = z.input<typeof GpuPodSpec>;

/** The image where neither `image` nor `customTemplateId` is given: the provider's own default. */
export const DEFAULT_IMAGE = 'ubuntu_22_cuda_12';

/** The image name that goes with `customTemplateId`. */
export const CUSTOM_TEMPLATE_IMAGE = 'custom_template';

/** Spec fields that cannot change while a machine is rented: it was bought with them. */
export const FROZEN_FIELDS = [
  'gpu',
  'placement',
  'resources',
  'image',
  'customTemplateId',
  'env',
  'sshKeyId',
  'disks',
  'teamId',
  'jupyterPasswordSecretRef',
] as const;
