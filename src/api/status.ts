import { z } from 'zod';
import { CONDITION_TYPES, MAX_MESSAGE_LENGTH } from './conditions.ts';

/** `GpuPod.status`: what the operator last saw and decided. Written by the operator only. */

function text(description: string, maxLength = 256): z.ZodString {
  return z.string().max(maxLength).describe(description);
}

function time(description: string): z.ZodString {
  return z.string().max(64).meta({ format: 'date-time' }).describe(description);
}

function usdPerHour(description: string): z.ZodNumber {
  return z.number().min(0).describe(`${description} USD per hour.`);
}

function count(description: string): z.ZodInt {
  return z.int().min(0).describe(description);
}

const offer = z
  .object({
    provider: text('Upstream provider.').optional(),
    cloudId: text('Id of the offer at its provider.').optional(),
    gpuType: text('GPU type.').optional(),
    socket: text('Socket.').optional(),
    gpuCount: count('GPUs in the machine.').optional(),
    gpuMemory: count('GPU memory in GB, as the provider says it.').optional(),
    dataCenter: text('Data center.').optional(),
    country: text('Country, two letters.').optional(),
    region: text('Region.').optional(),
    security: text('secure_cloud or community_cloud.').optional(),
    isSpot: z.boolean().describe('Whether the provider may take the machine back at any time.').optional(),
    prepaidHours: z
      .number()
      .min(0)
      .describe('Hours that were charged at once when it was ordered; absent where none were.')
      .optional(),
    stockStatus: text('Stock when it was chosen.').optional(),
    image: text('Image that was asked for.').optional(),
    diskSize: count('Disk in GB.').optional(),
    vcpus: count('Virtual CPUs.').optional(),
    memory: count('Memory in GB.').optional(),
  })
  .describe('The offer that was chosen, recorded because the provider does not return it.');

const cost = z
  .object({
    currency: text('Always USD.', 3).optional(),
    gpu: usdPerHour('The GPUs.').optional(),
    disk: usdPerHour('The disk.').optional(),
    vcpus: usdPerHour('The vcpus.').optional(),
    memory: usdPerHour('The memory.').optional(),
    pricePerHour: usdPerHour('All of it, as computed from the offer.').optional(),
    maxPrice: usdPerHour('The cap that was sent with the order.').optional(),
    billedPerHour: usdPerHour('The price that the provider says it bills.').optional(),
    accrued: z
      .number()
      .min(0)
      .describe(
        'USD since the machine was created, an estimate from price and time; prepaid hours count in full.',
      )
      .optional(),
    accruedAt: time('When accrued was computed.').optional(),
  })
  .describe('What the machine costs.');

const ssh = z
  .object({
    command: text('Command to copy.', 512),
    host: text('Host.'),
    port: z.int().min(1).max(65_535).describe('Port.'),
    user: text('User.'),
  })
  .describe('How to reach the machine.');

const port = z
  .object({
    // Whatever the provider says, the status that carries it stays writable.
    internal: z.int().describe('Port on the machine; absent where the provider does not say.').optional(),
    external: z.int().describe('Port to connect to; absent where `url` is there instead.').optional(),
    host: text('Where to connect to, if not to the machine itself.', 253).optional(),
    url: text(
      'Link to what is behind it, without its query: that may hold a token, and stands in the connection Secret.',
      1024,
    ).optional(),
    protocol: text('TCP or UDP.', 16),
    usedBy: text('SSH, JUPYTER_NOTEBOOK, WEB_SERVER.', 64).optional(),
  })
  .describe('A mapped port.');

const account = z
  .object({
    origin: text('Origin of the provider API that the user belongs to.').optional(),
    userId: text('User at the provider whose account pays for the instance.'),
  })
  .describe(
    'The account that the instance was rented on. With an API key of another account the operator does nothing for this GpuPod.',
  );

/**
 * How an attempt ended. `Refused` and `NotCreated`: no machine came of it. `Failed`: a machine that never
 * got ready. `Ended`: a machine that was ready. `Released`: let go without being ended (Retain, force-release).
 */
export const ATTEMPT_OUTCOMES = ['Refused', 'NotCreated', 'Failed', 'Ended', 'Released'] as const;

const attempt = z
  .object({
    number: z.int().min(1).describe('Number of the attempt; never used twice for one GpuPod.'),
    podId: text('Id of the machine, if one came of it.').optional(),
    podName: text('Name of the machine at the provider.').optional(),
    teamId: text('Team that pays for it; absent where the own wallet of the API key does.').optional(),
    offer: text('The offer, in short.').optional(),
    pricePerHour: usdPerHour('Price of that offer.').optional(),
    startedAt: time('When it began.').optional(),
    endedAt: time('When it was seen to have ended.').optional(),
    ending: text('Why the machine is being ended.', 64).optional(),
    outcome: z.enum(ATTEMPT_OUTCOMES).describe('How it ended; absent while it goes on.').optional(),
    reason: text('Reason of the outcome.', 64).optional(),
    message: text('The outcome in a sentence.', MAX_MESSAGE_LENGTH).optional(),
    cost: z.number().min(0).describe('USD that it cost, an estimate.').optional(),
  })
  .describe('One attempt to rent a machine.');

const rejection = z
  .object({
    reason: text('Why offers were not taken.', 64),
    count: count('How many.'),
    nearest: text('The offer that came nearest.').optional(),
  })
  .describe('Offers that were not taken, by reason.');

const condition = z
  .object({
    type: z.enum(CONDITION_TYPES).describe('Type of the condition.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown.'),
    observedGeneration: z.int().min(0).describe('Generation of the spec that it speaks of.'),
    lastTransitionTime: time('When its status last changed.'),
    reason: text('Reason, one CamelCase word.', 64),
    message: z.string().max(MAX_MESSAGE_LENGTH).describe('The same for a person.'),
  })
  .describe('One aspect of the state.');

export const GpuPodStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe('Generation of the spec that was last acted on; -1 before the first look.'),
    phase: text(
      'The state in one word, for the table. Computed from the conditions; do not build on it.',
      32,
    ).optional(),
    // An empty id would be one that is rented, and that nobody could end.
    podId: text('Id of the rented machine at the provider.').min(1).optional(),
    podIdProof: text(
      'Signature of the operator over namespace, uid and podId: the instance stays this GpuPod’s when it is renamed at the provider.',
      64,
    ).optional(),
    podName: text('Its name at the provider.').min(1).optional(),
    account: account.optional(),
    searchStartedAt: time(
      'Since when an offer is being looked for; offerTimeout counts from here.',
    ).optional(),
    lastHandledReconcileAt: text(
      'Last value of the annotation gpupod.dev/reconcile-requested-at that was acted on.',
    ).optional(),
    failedAttempts: count(
      'Machines of this generation that never got ready; maxAttempts bounds it.',
    ).optional(),
    notCreatedAttempts: count(
      'Attempts in a row whose outcome was unknown and of which no instance was found; bounded by maxAttempts, or 3 if that is more.',
    ).optional(),
    refusedAttempts: count(
      'Create requests that were refused since an instance was last ready, other than for capacity or for the account; at 10 the GpuPod is Stalled.',
    ).optional(),
    noCapacityAttempts: count(
      'Create requests that were refused for capacity since an instance was last ready; at 100 the GpuPod is Stalled.',
    ).optional(),
    offer: offer.optional(),
    cost: cost.optional(),
    ssh: ssh.optional(),
    ports: z
      .array(port)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Ports that the provider maps.')
      .optional(),
    binding: z
      .object({ name: text('Name of the Secret.') })
      .describe('The Secret with the connection data (service binding convention).')
      .optional(),
    attempts: z
      .array(attempt)
      .max(10)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('The last ten attempts, oldest first.')
      .optional(),
    rejections: z
      .array(rejection)
      .max(24)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .describe('Why the other offers were not taken.')
      .optional(),
    hint: text('What to relax so that an offer fits.', MAX_MESSAGE_LENGTH).optional(),
    createdAt: time('When the provider created the machine.').optional(),
    activeAt: time('When it was first seen active.').optional(),
    readyAt: time('When it was first seen ready.').optional(),
    terminatedAt: time('When its end was seen.').optional(),
    conditions: z
      .array(condition)
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe(
        'Ready, Synced, OfferSelected, Provisioned; Reconciling and Stalled only while they are true.',
      )
      .optional(),
  })
  .describe('What the operator last saw and decided.');

export type GpuPodStatus = z.output<typeof GpuPodStatus>;
export type Condition = z.output<typeof condition>;
export type Attempt = z.output<typeof attempt>;
export type OfferStatus = z.output<typeof offer>;
export type CostStatus = z.output<typeof cost>;

/** What a GpuPod has before the operator first looked at it; the schema sets it as the default. */
export const FRESH_STATUS: GpuPodStatus = { observedGeneration: -1 };
