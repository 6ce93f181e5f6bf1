import type { Security } from '../api/common/securities.ts';
import type { SshKeySource } from '../api/common/ssh-key-sources.ts';
import type { AccountDefaults, AccountLimits } from '../api/gpuaccount/limits.ts';
import type { OfferLimits } from '../offers/account-limits.ts';
import type { MicroUsd } from '../offers/money.ts';
import type { GpuPodSpec } from '../api/gpupod/spec.ts';

export { SSH_KEY_SOURCES } from '../api/common/ssh-key-sources.ts';
export type { SshKeySource } from '../api/common/ssh-key-sources.ts';

/**
 * The timings of the protocol, in milliseconds of the monotonic clock. The defaults fit the real provider; tests
 * scale them down. See docs/reliability.md.
 */
export interface ProtocolTimings {
  /** The operator does not rent an offer older than this; it reads the offers again. */
  readonly offerMaxAgeMs: number;
  /** How long after sending the write of the create intent the create request may still be sent. */
  readonly createFenceMs: number;
  /** The lease must have been renewed within this time for a create request to be sent. */
  readonly leaseFenceMs: number;
  /** The earliest time after the end of a create request at which lists may prove that it created nothing. */
  readonly settleMs: number;
  /** Minimum distance between the complete lists that prove an absence. */
  readonly settleSpacingMs: number;
  /** How long after we first see a create intent the request of its dead writer may still be in flight. */
  readonly foreignRequestMs: number;
  /** Minimum distance between the two checks that prove that an instance has ended. */
  readonly goneSpacingMs: number;
  /** Minimum age at which a 404 counts for an instance that no read has ever shown. */
  readonly unreadPodAgeMs: number;
  /** How long after an accepted DELETE a live instance gets another one. */
  readonly deleteResendMs: number;
  /** Without a snapshot for this long, Ready becomes Unknown. */
  readonly staleMs: number;
  /** A failure shorter than this causes no status write of its own. */
  readonly quietFailureMs: number;
  /** A GpuPod younger than this, created while the process watched, needs no list before its first create request. */
  readonly youngObjectMs: number;
  /** How long to wait before reading the offers again when none fits. */
  readonly offerRetryMs: number;
  /** Longest interval of status polls while instances start or terminate. With few of them it is a fifth. */
  readonly busyPollMs: number;
  /** Interval of status polls while nothing changes. */
  readonly quietPollMs: number;
  /** Interval of the complete lists that find duplicates and orphans. */
  readonly sweepMs: number;
  /** How long no absence counts after too many instances vanished at once. */
  readonly massAbsenceMs: number;
  /** How long after a failed probe of the SSH server of a starting instance the next one follows. */
  readonly probeRetryMs: number;
  /** Interval of probes of ready instances. */
  readonly probeMs: number;
  /** Minimum interval between status writes that change only the rejections. */
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
  probeRetryMs: 10_000,
  probeMs: 600_000,
  rejectionsWriteMs: 600_000,
};

/** Number of complete lists without the instance that prove that a create request created nothing. */
export const LISTS_THAT_PROVE_ABSENCE = 3;
/** Number of checks (a 404, and absent from a complete list) that prove that an instance has ended. */
export const ABSENCES_THAT_PROVE_END = 2;
/**
 * Lower bound of attempts without an instance before the GpuPod stalls. They usually cost nothing, so `maxAttempts`
 * does not lower it.
 */
export const MIN_NOT_CREATED_BEFORE_STALL = 3;
/** How many offers may refuse a create request as invalid before a person must change the spec. */
export const MAX_INVALID_REFUSALS = 3;
/**
 * How many create requests may be refused before an instance becomes ready. A sold-out market is not the GpuPod's
 * fault and gets more tries. Refusals about the account do not count: the circuit breaker bounds them.
 */
export const MAX_REFUSED_ATTEMPTS = 10;
export const MAX_NO_CAPACITY_ATTEMPTS = 100;
/** A conflicting Secret may be removed at any time, so the operator checks often. */
export const SECRET_RETRY_MS = 60_000;

/** The limits and defaults of the account that pays. */
export interface AccountRules {
  /** Names the account in a message: `ClusterGpuAccount ml-platform`. */
  readonly name: string;
  readonly limits: AccountLimits;
  readonly defaults: AccountDefaults;
}

/** What the operator's settings allow to every GpuPod. */
export interface Policy {
  /** The account that pays, unless that is the operator's own key. Its limits are part of the others as well. */
  readonly account?: AccountRules;
  /** What the account allows to be rented. */
  readonly accountLimits?: OfferLimits;
  /** The cap of an instance where its GpuPod names none. */
  readonly defaultMaxPrice?: MicroUsd;
  /** `placement.security` where a GpuPod names none. */
  readonly defaultSecurity?: Security;
  readonly maxPriceCeiling?: MicroUsd;
  readonly requireMaxPrice: boolean;
  readonly maxTotalPricePerHour?: MicroUsd;
  /** The longest life of any instance, whatever its GpuPod says. */
  readonly maxLifetimeMs?: number;
  /** The lifetime where a GpuPod names none. */
  readonly defaultMaxLifetimeMs?: number;
  /** Whether a deleted GpuPod may leave its instance running. */
  readonly allowRetain: boolean;
  /** Whether a GpuPod may rent offers that charge several hours at once. */
  readonly allowPrepaid: boolean;
  readonly defaultTeamId?: string;
  /** Teams that a spec may name besides the default. */
  readonly allowedTeamIds: readonly string[];
  readonly defaultSshKeyId?: string;
  /** SSH keys that a spec may name. Empty: any. */
  readonly allowedSshKeyIds: readonly string[];
  /** The sources of SSH keys that a spec may use. */
  readonly sshKeySources: readonly SshKeySource[];
  /** Disks that a spec may attach, as `id` or `namespace/id`. Empty: any. */
  readonly allowedDiskIds: readonly string[];
  /** Custom templates that a spec may use, as `id` or `namespace/id`. Empty: any. */
  readonly allowedTemplateIds: readonly string[];
}

/** The team that pays for the next instance; undefined: the wallet of the key's own user. */
export function payingTeam(
  { teamId }: Pick<GpuPodSpec, 'teamId'>,
  { defaultTeamId }: Pick<Policy, 'defaultTeamId'>,
): string | undefined {
  return teamId ?? defaultTeamId;
}
