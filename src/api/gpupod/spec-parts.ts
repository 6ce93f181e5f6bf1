import * as z from 'zod';
import { SECURITIES } from '../common/securities.ts';
import { accountKind, objectName, secretKeyRef, size, wordSet } from '../common/field-kinds.ts';

/** The larger parts of the spec: hardware, place, sizes and variables. */

export const gpu = z
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
        'Acceptable GPU types, by the names that the provider uses, such as H100_80GB, A100_80GB or CPU_NODE. With strategy Ordered, the operator tries the first one first.',
      ),
    count: z.int().min(1).max(64).default(1).describe('Number of GPUs in the instance.'),
    sockets: wordSet(
      'Acceptable sockets, such as PCIe or SXM5. Absent or empty: any. The provider takes this from its upstream providers; it does not prove the fabric.',
    ).optional(),
  })
  .describe('Which GPUs, and how many of them in one instance.');

export const placement = z
  .object({
    regions: wordSet(
      'Regions to search, such as united_states or eu_west. Absent or empty: everywhere.',
    ).optional(),
    countries: wordSet(
      'Acceptable countries, as two capital letters (ISO 3166-1), such as CA. Absent or empty: any. An offer without a country does not match.',
      /^[A-Z]{2}$/,
    ).optional(),
    dataCenters: wordSet(
      'Acceptable data centers, by the names that the provider uses, such as CANADA-1. Absent or empty: any.',
      /^[A-Za-z0-9_. :-]+$/,
    ).optional(),
    providers: z
      .object({
        allow: wordSet(
          'Only these upstream providers (hyperstack, runpod, …). Absent or empty: all.',
        ).optional(),
        deny: wordSet('None of these upstream providers.').optional(),
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
      .enum(SECURITIES)
      .describe(
        'secure_cloud (data centers), community_cloud (private hosts), or any. Absent: defaults.placement.security of the account that pays, else secure_cloud.',
      )
      .optional(),
    spot: z
      .enum(['Forbid', 'Allow', 'Require'])
      .default('Forbid')
      .describe(
        'Whether to choose spot offers: Forbid, Allow or Require. The provider may reclaim a spot instance at any time.',
      ),
    allowPrepaid: z
      .boolean()
      .default(false)
      .describe(
        'Accept offers that charge a number of hours in advance, whatever happens. The operator tries such an offer once: if its instance does not become ready, the GpuPod is Stalled.',
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
  .describe('Where the instance may run, and with which upstream providers.');

export const resources = z
  .object({
    diskSize: size('Disk in GB.'),
    vcpus: size('Number of virtual CPUs.'),
    memory: size('Memory in GB.'),
    fit: z
      .enum(['AtLeast', 'Exact'])
      .default('AtLeast')
      .describe(
        'AtLeast: the cheapest size that the offer can have and that is at least the requested one. Exact: the requested size, or another offer.',
      ),
  })
  .describe(
    'Sizes of the instance, where an offer lets you choose them. The operator prices every size before it chooses an offer.',
  );

export const env = z
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
          // A rule instead of a pattern, so that existing objects stay readable.
          .meta({
            'x-kubernetes-validations': [
              {
                rule: String.raw`!self.contains('\u0000')`,
                message: 'must not contain a NUL character: no environment variable can',
              },
            ],
          })
          .describe('Its value. Everybody who can read the GpuPod can read it: use valueFrom for secrets.')
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
  .meta({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    // The operator holds every GpuPod in memory, whoever created it.
    'x-kubernetes-validations': [
      {
        rule: 'self.map(e, has(e.value) ? size(e.value) : 0).sum() <= 32768',
        message:
          'the values together must not be longer than 32768 characters: put long values into a file or a Secret',
      },
    ],
  })
  .describe('Environment variables of the instance; the values together have at most 32768 characters.');

export const accountRef = z
  .object({
    kind: accountKind()
      .default('GpuAccount')
      .describe(
        'GpuAccount: of the namespace of this GpuPod. ClusterGpuAccount: one that selects its namespace.',
      ),
    name: objectName().describe('Name of the account.'),
  })
  .describe(
    "The account that pays. Absent: the GpuAccount named default of this namespace, else the default ClusterGpuAccount that selects the namespace, else the operator's own API key. An instance stays with the account that rented it.",
  );
