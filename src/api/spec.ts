import { z } from 'zod';
import { DURATION_PATTERN } from './duration.ts';

/**
 * `GpuPod.spec`: the one source of the types, of the CRD's schema and of the field reference. Every field
 * has a description (`kubectl explain` prints it), every string and list an upper bound (the API server
 * estimates the cost of the CEL rules from them).
 */

const NAME = { maxLength: 253 };
const ID_PATTERN = /^[A-Za-z0-9_.:-]+$/;

const secretKeyRef = z
  .object({
    name: z
      .string()
      .min(1)
      .max(NAME.maxLength)
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
      .describe('Name of a Secret in the namespace of the GpuPod.'),
    key: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[A-Za-z0-9._-]+$/)
      .describe('Key in the data of that Secret.'),
  })
  .describe('A key of a Secret in the namespace of the GpuPod.');

const wordList = (description: string, pattern = /^[A-Za-z0-9_.-]+$/) =>
  z
    .array(z.string().min(1).max(64).regex(pattern))
    .min(1)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(description);

const gpu = z
  .object({
    types: z
      .array(
        z
          .string()
          .min(1)
          .max(64)
          .regex(/^[A-Za-z0-9_]+$/),
      )
      .min(1)
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe(
        'Acceptable GPU types in the words of the provider, such as H100_80GB, A100_80GB or CPU_NODE. With strategy Ordered, the first one is tried first.',
      ),
    count: z.int().min(1).max(64).default(1).describe('Number of GPUs in the machine.'),
    sockets: wordList(
      'Acceptable sockets, such as PCIe or SXM5. Absent: any. The provider takes this from its upstreams; it is no proof of the fabric.',
    ).optional(),
  })
  .describe('Which GPUs, and how many of them in one machine.');

const placement = z
  .object({
    regions: wordList('Regions to look in, such as united_states or eu_west. Absent: everywhere.').optional(),
    countries: wordList(
      'Acceptable countries, as two capital letters (ISO 3166-1), such as CA. Absent: any. An offer without a country does not match.',
      /^[A-Z]{2}$/,
    ).optional(),
    dataCenters: wordList(
      'Acceptable data centers in the words of the provider, such as CANADA-1. Absent: any.',
      /^[A-Za-z0-9_. :-]+$/,
    ).optional(),
    providers: z
      .object({
        allow: wordList('Only these providers (hyperstack, runpod, …).').optional(),
        deny: wordList('None of these providers.').optional(),
      })
      .meta({
        'x-kubernetes-validations': [
          {
            rule: '!has(self.allow) || !has(self.deny) || self.allow.all(p, !(p in self.deny))',
            message: 'a provider is both allowed and denied: remove it from one of the lists',
          },
        ],
      })
      .describe('Upstream providers to choose from, or to avoid.')
      .optional(),
    security: z
      .enum(['secure_cloud', 'community_cloud', 'any'])
      .default('secure_cloud')
      .describe('secure_cloud (data centers), community_cloud (machines of private hosts), or any.'),
    spot: z
      .enum(['Forbid', 'Allow', 'Require'])
      .default('Forbid')
      .describe(
        'Whether spot offers, which the provider may take back at any time, are chosen: Forbid, Allow or Require.',
      ),
    allowPrepaid: z
      .boolean()
      .default(false)
      .describe(
        'Accept offers that charge a number of hours at once, whatever happens. Such an offer is tried once, and a failure is not followed by another offer.',
      ),
    minStock: z
      .enum(['Low', 'Medium', 'High'])
      .default('Low')
      .describe(
        'Lowest acceptable stock of an offer; Available ranks as Medium. Unavailable is never chosen.',
      ),
    cloudId: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9_. :/-]+$/)
      .describe('Pins the choice to offers with this cloudId.')
      .optional(),
  })
  .describe('Where the machine may stand, and at whom.');

const sized = (what: string) =>
  z.int().min(1).max(1_000_000).describe(`${what} Absent: the default of the offer.`).optional();

const resources = z
  .object({
    diskSize: sized('Disk in GB.'),
    vcpus: sized('Number of virtual CPUs.'),
    memory: sized('Memory in GB.'),
    fit: z
      .enum(['AtLeast', 'Exact'])
      .default('AtLeast')
      .describe(
        'AtLeast: the cheapest size that the offer can be set to and that is not below the wish. Exact: that very size, or another offer.',
      ),
  })
  .describe(
    'Sizes of the machine, where an offer lets them be chosen. Every size is priced before an offer is chosen.',
  );

const env = z
  .array(
    z
      .object({
        name: z
          .string()
          .min(1)
          .max(128)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
          .describe('Name of the environment variable.'),
        value: z
          .string()
          .max(4096)
          .describe('Its value, readable by everybody who can read the GpuPod: use valueFrom for secrets.')
          .optional(),
        valueFrom: z.object({ secretKeyRef }).describe('Where the value comes from.').optional(),
      })
      .meta({
        'x-kubernetes-validations': [
          {
            rule: 'has(self.value) != has(self.valueFrom)',
            message: 'give exactly one of value and valueFrom',
          },
        ],
      }),
  )
  .max(64)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
  .describe('Environment variables of the machine.');

const duration = (atLeast?: string) =>
  z
    .string()
    .max(32)
    .regex(new RegExp(DURATION_PATTERN))
    .meta(
      atLeast === undefined
        ? {}
        : {
            'x-kubernetes-validations': [
              { rule: `duration(self) >= duration('${atLeast}')`, message: `must be at least ${atLeast}` },
            ],
          },
    );

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
    image: z
      .string()
      .min(1)
      .max(128)
      .regex(ID_PATTERN)
      .describe(
        'Image in the words of the provider; only offers that list it are chosen. Absent: ubuntu_22_cuda_12. Exclusive with customTemplateId.',
      )
      .optional(),
    customTemplateId: z
      .string()
      .min(1)
      .max(128)
      .regex(ID_PATTERN)
      .describe(
        'Id of a public template, or of one of your own, from the Templates page of the provider. Exclusive with image. Not every template works with every provider and GPU.',
      )
      .optional(),
    env: env.optional(),
    sshKeyId: z
      .string()
      .min(1)
      .max(128)
      .regex(ID_PATTERN)
      .describe(
        'Id of an SSH key that is stored at the provider. Absent: the default of the operator, else the primary key of the account.',
      )
      .optional(),
    disks: z
      .array(z.string().min(1).max(128).regex(ID_PATTERN))
      .min(1)
      .max(8)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe(
        'Ids of existing disks to attach; only offers that can reach them are chosen. They outlive the machine.',
      )
      .optional(),
    teamId: z
      .string()
      .min(1)
      .max(128)
      .regex(ID_PATTERN)
      .describe('Team whose wallet pays. The operator allows only the teams that it was told of.')
      .optional(),
    jupyterPasswordSecretRef: secretKeyRef
      .describe('Secret key that holds the password for Jupyter on the machine.')
      .optional(),
    maxPrice: z
      .number()
      .min(0.01)
      .max(100_000)
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
        'How many machines may be rented that never get ready, before the operator stops and asks a person.',
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
    connectionSecretName: z
      .string()
      .min(1)
      .max(NAME.maxLength)
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
      .describe(
        'Name of the Secret with the connection data. Absent: <name>-connection. A Secret that is not owned by this GpuPod is never overwritten.',
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
