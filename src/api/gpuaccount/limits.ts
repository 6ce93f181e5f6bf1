import * as z from 'zod';
import { SECURITIES } from '../common/securities.ts';
import { SSH_KEY_SOURCES } from '../common/ssh-key-sources.ts';
import { duration, providerId, wordSet } from '../common/field-kinds.ts';

/** What GpuPods of an account may do, and what holds where they say nothing. */

/** USD per hour. The provider reads 0 as "no cap". */
const MIN_PRICE = 0.01;
const MAX_PRICE = 1_000_000;
const MAX_COUNT = 1_000_000;

function price(description: string) {
  return (
    z
      .number()
      .min(MIN_PRICE)
      .max(MAX_PRICE)
      // The API server rounds the bound of a whole number, so that 0 would pass; the rule does not.
      .meta({
        'x-kubernetes-validations': [
          {
            rule: `self >= ${String(MIN_PRICE)}`,
            message: `must be at least ${String(MIN_PRICE)} USD per hour`,
          },
        ],
      })
      .describe(description)
      .optional()
  );
}

function count(description: string) {
  return z.int().min(0).max(MAX_COUNT).describe(description).optional();
}

function ids(what: string, item: z.ZodString) {
  return z
    .array(item)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(`${what} Absent: any.`)
    .optional();
}

/** An ID for all namespaces, or `namespace/id`. */
const scopedId = z
  .string()
  .min(1)
  .max(192)
  .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[A-Za-z0-9_.:-]+$/);

function sums(of: string) {
  return {
    maxPricePerHour: price(
      `What all instances ${of} may cost together, in USD per hour. Retained and orphaned ones count until they are seen terminated.`,
    ),
    maxInstances: count(`How many instances ${of} may exist at once.`),
    maxGpus: count(`How many GPUs all instances ${of} may have together.`),
  };
}

/** @param allowRetain whether a deleted GpuPod may leave its instance running, where the account does not say */
export function accountLimits(allowRetain: boolean) {
  return z
    .object({
      maxPrice: price('The most that one instance may cost, in USD per hour.'),
      requireMaxPrice: z
        .boolean()
        .default(false)
        .describe('true: GpuPods must set maxPrice, unless defaults.maxPrice is set.'),
      ...sums('of this account'),
      perNamespace: z
        .object(sums('of one namespace'))
        .describe('Limits for each namespace by itself.')
        .optional(),
      gpuTypes: wordSet('GPU types that may be rented. Absent: any.', /^[A-Za-z0-9_]+$/).optional(),
      upstreamProviders: z
        .object({
          allow: wordSet('Only these upstream providers.').optional(),
          deny: wordSet('None of these upstream providers.').optional(),
        })
        .describe('Upstream providers whose offers may be rented.')
        .optional(),
      security: z.enum(SECURITIES).default('any').describe('Security that an offer must have.'),
      allowSpot: z.boolean().default(true).describe('Whether spot offers may be rented.'),
      allowPrepaid: z
        .boolean()
        .default(false)
        .describe('Whether offers may be rented that charge several hours at once.'),
      allowRetain: z
        .boolean()
        .default(allowRetain)
        .describe(
          'Whether a deleted GpuPod may leave its instance running (deletionPolicy: Retain). Absent: yes for a GpuAccount, whose own team pays; no for a ClusterGpuAccount.',
        ),
      maxLifetime: duration('1m')
        .describe('The longest life of any instance, whatever its GpuPod says.')
        .optional(),
      teamIds: ids('Teams that a GpuPod may name besides teamId of the account.', providerId()).describe(
        'Teams that a GpuPod may name besides teamId of the account. Absent: none.',
      ),
      sshKeyIds: ids('SSH keys that a GpuPod may name by their ID.', providerId()),
      sshKeySources: z
        .array(z.enum(SSH_KEY_SOURCES))
        .max(SSH_KEY_SOURCES.length)
        .meta({ 'x-kubernetes-list-type': 'set' })
        .describe(
          'Where the SSH key of a GpuPod may come from. Absent: KeyID alone where sshKeyIds is set, else any source.',
        )
        .optional(),
      diskIds: ids('Disks that a GpuPod may attach, as id or namespace/id.', scopedId),
      templateIds: ids('Custom templates that a GpuPod may use, as id or namespace/id.', scopedId),
    })
    .describe(
      'Limits of this account. What they exclude is not rented; nothing that runs is terminated because a limit was lowered, except by maxLifetime.',
    )
    .prefault({});
}

export const accountDefaults = z
  .object({
    maxPrice: price('maxPrice of GpuPods that set none.'),
    maxLifetime: duration('1m').describe('maxLifetime of GpuPods that set none.').optional(),
    sshKeyId: providerId().describe('ID of the SSH key of GpuPods that name none.').optional(),
    placement: z
      .object({
        security: z
          .enum(SECURITIES)
          .describe('placement.security of GpuPods that set none. Absent: secure_cloud.')
          .optional(),
      })
      .describe('Where an instance may run if its GpuPod does not say so.')
      .optional(),
  })
  .describe('What holds for GpuPods that do not say otherwise.')
  .prefault({});

export type AccountLimits = z.output<ReturnType<typeof accountLimits>>;
export type AccountDefaults = z.output<typeof accountDefaults>;
