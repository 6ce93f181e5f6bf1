import type { MicroUsd } from '../offers/money.ts';

/**
 * The windows of the protocol, in milliseconds of the monotonic clock. Their defaults fit the real
 * provider; tests scale them. What rests on them: docs/reliability.md.
 */
export interface ProtocolTimings {
  /** An offer older than this is not rented: it is looked up again. */
  readonly offerMaxAgeMs: number;
  /** How long after the write of the intent was sent the create may still leave. */
  readonly createFenceMs: number;
  /** The lease must have been renewed within this for a create to leave. */
  readonly leaseFenceMs: number;
  /** An order counts as lost at the earliest this long after its request ended. */
  readonly settleMs: number;
  /** Distance of the complete lists that prove an absence. */
  readonly settleSpacingMs: number;
  /** How long the request of a process that is gone may still be under way after we first saw its intent. */
  readonly foreignRequestMs: number;
  /** Distance of the two looks that prove that a pod which answers 404 is gone. */
  readonly goneSpacingMs: number;
  /** A pod that was never read must be this old before a 404 says anything. */
  readonly unreadPodAgeMs: number;
  /** A pod that is still live this long after DELETE was accepted gets another one. */
  readonly deleteResendMs: number;
  /** Ready becomes Unknown after this long without a good look. */
  readonly staleMs: number;
  /** A failure shorter than this causes no status write of its own. */
  readonly quietFailureMs: number;
  /** An object younger than this, seen being created, needs no list before its first create. */
  readonly youngObjectMs: number;
  /** How long to wait before offers are looked at again when none fits. */
  readonly offerRetryMs: number;
  /** Longest distance of looks at instances that start or end; a fifth of it while they are few. */
  readonly busyPollMs: number;
  /** Distance of looks at pods when all is quiet. */
  readonly quietPollMs: number;
  /** Distance of the complete lists that find strays and orphans. */
  readonly sweepMs: number;
  /** How long no pod is declared gone after too many vanished at once. */
  readonly massAbsenceMs: number;
  /** Rejections are written on their own at most this often. */
  readonly rejectionsWriteMs: number;
}

export const DEFAULT_TIMINGS: ProtocolTimings = {
  offerMaxAgeMs: 60_000,
  createFenceMs: 10_000,
  leaseFenceMs: 5_000,
  settleMs: 90_000,
  settleSpacingMs: 30_000,
  foreignRequestMs: 70_000,
  goneSpacingMs: 30_000,
  unreadPodAgeMs: 300_000,
  deleteResendMs: 120_000,
  staleMs: 600_000,
  quietFailureMs: 60_000,
  youngObjectMs: 10_000,
  offerRetryMs: 30_000,
  busyPollMs: 5_000,
  quietPollMs: 60_000,
  sweepMs: 300_000,
  massAbsenceMs: 600_000,
  rejectionsWriteMs: 600_000,
};

/** Complete lists without the pod that prove that an order came to nothing. */
export const LISTS_THAT_PROVE_ABSENCE = 3;
/** Looks (404, and absent from a complete list) that prove that a pod is gone. */
export const LOOKS_THAT_PROVE_GONE = 2;
/** Attempts of which no instance is seen that are made at least, whatever `maxAttempts` says: most of them cost nothing. */
export const MIN_NOT_CREATED_BEFORE_STALL = 3;
/** Offers that may refuse an order as invalid before a person must change the spec. */
export const MAX_INVALID_REFUSALS = 3;
/**
 * Create requests that may be refused before an instance gets ready. A market that is sold out is not the fault of the
 * GpuPod, so it is asked for longer. What concerns the account is not counted: its circuit breaker bounds that.
 */
export const MAX_REFUSED_ATTEMPTS = 10;
export const MAX_NO_CAPACITY_ATTEMPTS = 100;
/** What is in the way of a connection Secret may be removed at any time. */
export const SECRET_RETRY_MS = 60_000;

/** What the person who runs the operator allows everybody. */
export interface Policy {
  readonly maxPriceCeiling?: MicroUsd;
  readonly requireMaxPrice: boolean;
  readonly maxTotalPricePerHour?: MicroUsd;
  /** Whether a GpuPod may leave its instance running when it goes. */
  readonly allowRetain: boolean;
  /** Whether a GpuPod may rent offers that charge hours at once. */
  readonly allowPrepaid: boolean;
  readonly defaultTeamId?: string;
  /** Teams that a spec may name, besides the default. */
  readonly allowedTeamIds: readonly string[];
  readonly defaultSshKeyId?: string;
  /** SSH keys that a spec may name; empty = any. */
  readonly allowedSshKeyIds: readonly string[];
  /** Disks that a spec may attach, as `id` or `namespace/id`; empty = any. */
  readonly allowedDiskIds: readonly string[];
  /** Custom templates that a spec may use, as `id` or `namespace/id`; empty = any. */
  readonly allowedTemplateIds: readonly string[];
}
