import * as z from 'zod';
import { condition as conditionOf, count, text, time, usdPerHour } from '../common/status-kinds.ts';
import { CONDITION_TYPES, MAX_MESSAGE_LENGTH } from './conditions.ts';

/** `GpuPod.status`: what the operator last observed and decided. Only the operator writes it. */

const offer = z
  .object({
    provider: text('Upstream provider.').optional(),
    cloudId: text('ID of the offer at its upstream provider.').optional(),
    gpuType: text('GPU type.').optional(),
    socket: text('Socket.').optional(),
    gpuCount: count('GPUs in the instance.').optional(),
    gpuMemory: count('GPU memory in GB, as the provider states it.').optional(),
    dataCenter: text('Data center.').optional(),
    country: text('Country, two letters.').optional(),
    region: text('Region.').optional(),
    security: text('secure_cloud or community_cloud.').optional(),
    isSpot: z.boolean().describe('Whether the provider may reclaim the instance at any time.').optional(),
    prepaidHours: z
      .number()
      .min(0)
      .describe('Hours that the provider charged in advance; absent if there were none.')
      .optional(),
    stockStatus: text('Stock when it was chosen.').optional(),
    image: text('Image that was requested.').optional(),
    diskSize: count('Disk in GB.').optional(),
    vcpus: count('Virtual CPUs.').optional(),
    memory: count('Memory in GB.').optional(),
  })
  .describe('The chosen offer, recorded because the provider does not return it.');

const cost = z
  .object({
    currency: text('Always USD.', 3).optional(),
    gpu: usdPerHour('The GPUs.').optional(),
    disk: usdPerHour('The disk.').optional(),
    vcpus: usdPerHour('The vCPUs.').optional(),
    memory: usdPerHour('The memory.').optional(),
    pricePerHour: usdPerHour('The total, as computed from the offer.').optional(),
    maxPrice: usdPerHour('The cap in the create request.').optional(),
    billedPerHour: usdPerHour('The price that the provider says it bills.').optional(),
    highestPerHour: usdPerHour(
      'The highest price that the provider has stated for this instance, while billedPerHour is lower; accrued and maxTotalCost count it for the whole time.',
    ).optional(),
    displayPerHour: text(
      'The price per hour as people write it, such as 1.90: billedPerHour if it is known, or else pricePerHour.',
      32,
    ).optional(),
    accrued: z
      .number()
      .min(0)
      .describe(
        'USD since the instance was created, an estimate from the highest price and time; prepaid hours count in full.',
      )
      .optional(),
    accruedAt: time('When accrued was computed.').optional(),
  })
  .describe('What the instance costs.');

const sshKey = z
  .object({
    source: text(
      'Where it came from: KeyID (spec.ssh.keyId, or the default of the operator), PublicKey, PublicKeySecret, Generated.',
      64,
    ),
    fingerprint: text(
      'SHA256:…, as ssh-keygen -l prints it; absent if only the provider knows the key.',
    ).optional(),
    keyId: text('Its ID at the provider.'),
    secretName: text('The Secret that holds the generated private key.').optional(),
  })
  .describe('The SSH key that the instance was requested with; absent: the primary key of the account.');

const ssh = z
  .object({
    command: text('Command to copy.', 512),
    host: text('Host.'),
    port: z.int().min(1).max(65_535).describe('Port.'),
    user: text('User.'),
    hostKey: text(
      'Public host key that the SSH server showed first, as in known_hosts; absent before a probe has succeeded (--ssh-probe).',
      2048,
    ).optional(),
  })
  .describe('How to reach the instance.');

const port = z
  .object({
    // No bounds, so that no answer of the provider makes the status unwritable.
    internal: z.int().describe('Port on the instance; absent if the provider does not state it.').optional(),
    external: z.int().describe('Port to connect to; absent if `url` is set instead.').optional(),
    host: text('Host to connect to, if it is not the instance itself.', 253).optional(),
    url: text(
      'Link to the service behind the port, without its query. The query may contain a token; the connection Secret has the whole link.',
      1024,
    ).optional(),
    protocol: text('TCP or UDP.', 16),
    usedBy: text('SSH, JUPYTER_NOTEBOOK, WEB_SERVER.', 64).optional(),
  })
  .describe('A mapped port.');

const account = z
  .object({
    kind: text("GpuAccount or ClusterGpuAccount; absent: the operator's own API key pays.", 64).optional(),
    name: text('Name of that account.', 253).optional(),
    origin: text('Origin of the provider API that the user belongs to.').optional(),
    userId: text('Prime Intellect user whose account pays for the instance.'),
  })
  .describe(
    'The account that pays for the instance. With an API key of another account, the operator does nothing for this GpuPod.',
  );

/**
 * How an attempt ended.
 *
 * - `Refused`, `NotCreated`: it created no instance.
 * - `Failed`: its instance never became ready.
 * - `Ended`: its instance was ready, or its termination was nobody's failure.
 * - `Released`: the GpuPod was released while its instance kept running (Retain, force-release).
 */
export const ATTEMPT_OUTCOMES = ['Refused', 'NotCreated', 'Failed', 'Ended', 'Released'] as const;

const attempt = z
  .object({
    number: z.int().min(1).describe('Number of the attempt; a GpuPod never uses it twice.'),
    podId: text('ID of the instance, if there is one.').optional(),
    podName: text('Name of the instance at the provider.').optional(),
    teamId: text("Team that pays for it; absent if the user's own wallet pays.").optional(),
    offer: text('The offer, in short.').optional(),
    pricePerHour: usdPerHour('Price of that offer.').optional(),
    startedAt: time('When it began.').optional(),
    endedAt: time('When the operator saw that it was over.').optional(),
    ending: text('Why the operator terminates the instance.', 64).optional(),
    outcome: text(
      `Outcome of the attempt; absent while the attempt continues. ${ATTEMPT_OUTCOMES.join(', ')}; later versions may add others.`,
      64,
    ).optional(),
    reason: text('Reason of the outcome.', 64).optional(),
    message: text('The outcome in a sentence.', MAX_MESSAGE_LENGTH).optional(),
    cost: z.number().min(0).describe('Estimated cost in USD.').optional(),
  })
  .describe('One attempt to get a ready instance.');

const rejection = z
  .object({
    reason: text('Why offers were rejected.', 64),
    count: count('How many.'),
    nearest: text('The offer that comes closest.').optional(),
  })
  .describe('Rejected offers, by reason.');

const condition = conditionOf(CONDITION_TYPES);

export const GpuPodStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(-1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe('Generation of the spec that the operator last acted on; -1 before the first time.'),
    phase: text(
      'The state in one word, for the table of kubectl get. Computed from the conditions; do not build on it.',
      32,
    ).optional(),
    // With an empty ID nobody could terminate the instance.
    podId: text('ID of the instance at the provider.').min(1).optional(),
    podIdProof: text(
      'Signature of the operator over namespace, UID, podId and account. With it, the instance still belongs to this GpuPod when it is renamed at the provider.',
      64,
    ).optional(),
    podName: text('Its name at the provider.').min(1).optional(),
    account: account.optional(),
    searchStartedAt: time('When the search for an offer began; offerTimeout counts from here.').optional(),
    lastHandledReconcileAt: text(
      'Last value of the annotation gpupod.dev/reconcile-requested-at that the operator acted on.',
    ).optional(),
    failedAttempts: count(
      'Instances of this generation that never became ready; maxAttempts limits it.',
    ).optional(),
    notCreatedAttempts: count(
      'Attempts in a row with an unknown outcome of which no instance was found. The limit is maxAttempts, but at least 3.',
    ).optional(),
    refusedAttempts: count(
      'Create requests that the provider refused since an instance was last ready, other than for capacity or the account; at 10 the GpuPod is Stalled.',
    ).optional(),
    noCapacityAttempts: count(
      'Create requests that the provider refused for lack of capacity since an instance was last ready; at 100 the GpuPod is Stalled.',
    ).optional(),
    attemptsCost: z
      .number()
      .min(0)
      .describe(
        'Estimated USD that all ended attempts cost together, earlier ones than attempts lists included. maxTotalCost limits it, together with the present instance.',
      )
      .optional(),
    offer: offer.optional(),
    cost: cost.optional(),
    sshKey: sshKey.optional(),
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
      .describe('Why the other offers were rejected.')
      .optional(),
    hint: text('What to relax so that an offer fits.', MAX_MESSAGE_LENGTH).optional(),
    createdAt: time(
      'When the provider created the instance, as it states, but not before the create intent and not in the future.',
    ).optional(),
    activeAt: time('When the operator first saw it active.').optional(),
    readyAt: time('When the operator first saw it ready.').optional(),
    terminatedAt: time('When the operator saw it terminated.').optional(),
    expiresAt: time(
      'When the operator terminates the instance: the nearer of maxLifetime and, at its highest price so far, maxTotalCost. Absent: no limit, or one that cannot be computed, see condition Expiring.',
    ).optional(),
    conditions: z
      .array(condition)
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .describe(
        'Ready, Synced, OfferSelected, Provisioned; Reconciling and Stalled only while they are true; Expiring only while an instance has a limit; Reachable only with --ssh-probe.',
      )
      .optional(),
  })
  .describe('What the operator last saw and decided.');

export type GpuPodStatus = z.output<typeof GpuPodStatus>;
export type Condition = z.output<typeof condition>;
export type Attempt = z.output<typeof attempt>;
export type OfferStatus = z.output<typeof offer>;
export type CostStatus = z.output<typeof cost>;

/** The status before the first observation. The schema sets it as the default. */
export const FRESH_STATUS: GpuPodStatus = { observedGeneration: -1 };
