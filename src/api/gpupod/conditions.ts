import { REACHABLE_REASONS } from './reachable-reasons.ts';
import { READY_REASONS } from './ready-reasons.ts';
import type { ReasonEntry } from './ready-reasons.ts';

/**
 * Conditions and their reasons: a closed list that users may rely on. Each sentence says when the reason is set and
 * what a person can do. `docs/reference/conditions.md` is generated from it.
 */

export { MAX_MESSAGE_LENGTH, truncateMessage } from '../common/message.ts';

export const CONDITION_TYPES = [
  'Ready',
  'Synced',
  'OfferSelected',
  'Provisioned',
  'Reachable',
  'Expiring',
  'Reconciling',
  'Stalled',
] as const;

export type ConditionType = (typeof CONDITION_TYPES)[number];
export type ConditionStatus = ReasonEntry['status'];

export const REASONS = {
  Ready: READY_REASONS,
  Synced: {
    ReconcileSuccess: { status: 'True', meaning: 'The last reconciliation succeeded.' },
    InvalidRequest: {
      status: 'False',
      meaning:
        'The provider does not know a GPU type or region of the spec, or refuses the request. Change the spec.',
    },
    CredentialsMissing: {
      status: 'False',
      meaning:
        'There is no usable API key. Nothing is rented or terminated, and running instances keep billing. Write the key into its Secret or file; the operator picks it up within seconds.',
    },
    ReferenceNotFound: {
      status: 'False',
      meaning:
        'The operator cannot read a Secret or key that the spec refers to. Create it, or allow the operator to read it; the operator then goes on by itself.',
    },
    InvalidSshKey: {
      status: 'False',
      meaning:
        'The public key of `spec.ssh` cannot be used; the message says why and what to do. Nothing is rented, because nobody could log in, or somebody else could. An instance that runs without that key keeps running.',
    },
    SshKeyLost: {
      status: 'False',
      meaning:
        'The generated private key of the running instance is no longer in its Secret, and nobody else has it. The instance keeps running and billing. Restore the Secret, or set `suspend` to true and back for a new instance with a new key.',
    },
    SecretConflict: {
      status: 'False',
      meaning:
        'Another owner has a Secret with the name of the connection Secret. The operator does not overwrite it. With `ssh.generate` it rents nothing until then. Remove it, or set `connectionSecretName`.',
    },
    SecretRefused: {
      status: 'False',
      meaning:
        'The API server refuses to write the connection Secret, or to delete an old one (quota, policy, rights). The instance is usable without it: see `status.ssh`. With `ssh.generate` nothing is rented until it can be written. An attempt stays open until its Secret is deleted.',
    },
    Unauthorized: {
      status: 'False',
      meaning:
        'The provider does not accept the API key, or the key lacks a permission (Instances: read and write, Availability: read; with a public key in `spec.ssh`, SSH Keys: read and write). While it refuses the key, nothing is rented or terminated, and running instances keep billing. Replace the key, or give it the permission.',
    },
    Forbidden: {
      status: 'False',
      meaning:
        'The provider forbids what this GpuPod asks for (a template, disk, SSH key or team of another owner). The API key works otherwise, and other GpuPods go on. The operator retries by itself, and at once when the spec changes.',
    },
    QuotaExceeded: {
      status: 'False',
      meaning:
        'This GpuPod reached a limit of the provider (disks, templates, SSH keys). Other GpuPods go on. The operator retries by itself, and at once when the spec changes.',
    },
    AccountChanged: {
      status: 'False',
      meaning:
        'The API key belongs to another account than the instance. The operator creates and terminates nothing, and running instances keep billing. Restore the old key, or confirm the new one with `--accept-account`; instances of the old account stay untouched even then.',
    },
    AccountUnconfirmed: {
      status: 'False',
      meaning:
        'The provider does not say whose API key this is, and the key has shown nothing of the account that pays for the instance. So an absence proves nothing. Give the key the permission to read its user, or restore the old key.',
    },
    AccountNotFound: {
      status: 'False',
      meaning:
        'The account that `spec.accountRef` names, or that pays for the instance, does not exist. Nothing is rented, and an instance keeps billing untouched. Create the account, or correct `spec.accountRef`.',
    },
    AmbiguousAccount: {
      status: 'False',
      meaning:
        'Several default ClusterGpuAccounts select this namespace, so nothing is rented. Name one in `spec.accountRef`, or ask a cluster administrator to leave one default.',
    },
    AccountSuspended: {
      status: 'False',
      meaning:
        'The account that would pay is suspended or being deleted, so nothing new is rented. Whoever may write the account can resume it; or name another in `spec.accountRef`.',
    },
    NotAllowed: {
      status: 'False',
      meaning:
        'An operator setting, or the account that pays, forbids what the spec asks for (team, missing maxPrice, namespace). Change the spec, the setting or the account.',
    },
    CrdOutdated: {
      status: 'False',
      meaning:
        'The installed CRD is older than the operator, and may drop fields that protect money; or the operator could not read it for half a minute, so it may be older. The operator creates no instances; it follows and terminates those that run. Apply the CRD of this version. Restart the operator if it may not read the CRD.',
    },
    BudgetExceeded: {
      status: 'False',
      meaning:
        'A create request would exceed `--max-total-price-per-hour`, or a limit of the account on all its instances or on those of the namespace. The GpuPod waits, which costs nothing. Terminate other instances, or raise the limit.',
    },
    PaymentRequired: {
      status: 'False',
      meaning:
        'The wallet is empty, or the account reached its instance limit. Nothing new is rented, and with an empty wallet the provider may terminate running instances. Add funds or raise the limit; the operator retries by itself.',
    },
    RateLimited: {
      status: 'False',
      meaning: 'The provider asks for fewer requests. The operator slows down and retries by itself.',
    },
    ApiUnavailable: {
      status: 'False',
      meaning:
        'The provider cannot be reached, or answers with server errors. Until it answers, nothing is rented or terminated, and running instances keep billing. The operator retries by itself.',
    },
    UnexpectedResponse: {
      status: 'False',
      meaning:
        'The provider gave an answer that cannot be right. The operator does not act on it, and retries by itself.',
    },
    CreateUncertain: { status: 'False', meaning: 'A create request has an unknown outcome; see Ready.' },
    NewerInstance: {
      status: 'False',
      meaning:
        'The provider shows an instance of this GpuPod that is newer than everything the GpuPod records, as after a restore from an older backup, or one that was lost while it was ready. The operator never terminates it as a duplicate, and creates no other. If it is the only one, ready, and as the spec says, its price above all, the operator adopts it. Set `suspend` to false or correct the spec to adopt it, or delete the GpuPod to terminate it.',
    },
    Paused: {
      status: 'False',
      meaning:
        '`gpupod.dev/paused` is "true": the operator does nothing but terminate an instance that reaches a lifetime ceiling (`--max-lifetime`, `limits.maxLifetime`). Until then an instance keeps billing, even if the GpuPod is deleted. Remove the annotation to go on.',
    },
  },
  OfferSelected: {
    Selected: { status: 'True', meaning: 'An offer was chosen; the message says why.' },
    Pinned: { status: 'True', meaning: 'An offer with the pinned `placement.cloudId` was chosen.' },
    Adopted: {
      status: 'True',
      meaning: 'The operator found the instance of a create intent, and took the offer from that intent.',
    },
    NotEvaluated: {
      status: 'False',
      meaning:
        'The operator has not chosen an offer yet. If something prevents the create request, `Synced` says what.',
    },
    NoOffers: { status: 'False', meaning: 'The provider has no offer for these GPU types.' },
    NoMatchingOffer: { status: 'False', meaning: 'The provider has offers, but none fits the spec.' },
    AllOffersUnavailable: {
      status: 'False',
      meaning: 'The offers that fit have no stock, or failed recently.',
    },
    AboveMaxPrice: { status: 'False', meaning: 'The offers that fit cost more than the cap.' },
  },
  Provisioned: {
    PodActive: { status: 'True', meaning: 'The provider reports the instance as active.' },
    Adopted: {
      status: 'True',
      meaning:
        'The operator found and adopted the instance of a create request with an unknown outcome, and it is active.',
    },
    NotCreated: { status: 'False', meaning: 'No instance exists.' },
    CreatePending: {
      status: 'False',
      meaning: 'The operator requested an instance, and it is not active yet.',
    },
    CreateUncertain: { status: 'False', meaning: 'A create request has an unknown outcome.' },
    CreateFailed: {
      status: 'False',
      meaning: 'The provider refused the last create request, or its instance failed.',
    },
    ProvisioningTimedOut: { status: 'False', meaning: 'The last instance did not become ready in time.' },
    SpecChanged: {
      status: 'False',
      meaning:
        'The spec changed while the create request was under way. The operator terminates that instance.',
    },
    Lost: {
      status: 'False',
      meaning:
        'The instance disappeared, and the operator did not terminate it. `Ready` says whether it may bill. If the provider knows a lost one again, the operator adopts it.',
    },
  },
  Reachable: REACHABLE_REASONS,
  Expiring: {
    Scheduled: {
      status: 'False',
      meaning:
        'The operator terminates the instance at `status.expiresAt`, which is not near. The message names the limit, and says if the operator cuts it.',
    },
    LifetimeEnding: {
      status: 'True',
      meaning:
        '`maxLifetime` is nearly reached: less than 15 minutes, or a tenth of it if that is more, are left. The message has the command that extends it; it works until the DELETE has left.',
    },
    CostLimitNear: {
      status: 'True',
      meaning:
        'At the highest price so far, `maxTotalCost` is nearly reached. The message has the command that raises it; it works until the DELETE has left.',
    },
    CreationTimeUnknown: {
      status: 'Unknown',
      meaning:
        'Nobody knows when the instance was created, so no limit terminates it, and it bills. Delete or suspend the GpuPod to terminate it.',
    },
    PriceUnknown: {
      status: 'Unknown',
      meaning:
        'The price of the instance is unknown, so `maxTotalCost` does not terminate it, and it bills. Set `maxLifetime`, or delete or suspend the GpuPod to terminate it.',
    },
  },
  Reconciling: {
    Searching: { status: 'True', meaning: 'The operator is searching for an offer.' },
    Progressing: { status: 'True', meaning: 'An instance is starting or terminating.' },
    Retrying: { status: 'True', meaning: 'Something failed, and the operator retries by itself.' },
  },
  Stalled: {
    OfferTimeout: {
      status: 'True',
      meaning:
        'No offer fitted within `offerTimeout`. Change the spec, or set a new `gpupod.dev/reconcile-requested-at`.',
    },
    AttemptsExhausted: {
      status: 'True',
      meaning:
        '`maxAttempts` instances did not become ready, or as many attempts (at least 3) had an unknown outcome and no instance was found. See `status.attempts`, and check the provider for instances with the name prefix in the message. Change the spec, or set a new `gpupod.dev/reconcile-requested-at`.',
    },
    InvalidRequest: {
      status: 'True',
      meaning: 'The provider refused the create request as invalid for several offers. Change the spec.',
    },
    ForeignIntent: {
      status: 'True',
      meaning:
        'Another installation wrote the create intent of this GpuPod. Remove the annotation if that installation no longer exists and its instance is terminated.',
    },
    CreateUncertain: {
      status: 'True',
      meaning:
        'The operator cannot resolve the unknown outcome of a create request. Check the provider for the instance that the message names. If it does not exist, set `gpupod.dev/confirm-absent` to its name.',
    },
    AccountChanged: { status: 'True', meaning: 'See Synced.' },
    AccountUnconfirmed: { status: 'True', meaning: 'See Synced.' },
    AccountNotFound: { status: 'True', meaning: 'See Synced.' },
    AmbiguousAccount: { status: 'True', meaning: 'See Synced.' },
    AccountSuspended: { status: 'True', meaning: 'See Synced.' },
    NewerInstance: { status: 'True', meaning: 'See Synced.' },
    Interrupted: { status: 'True', meaning: 'See Ready.' },
    Lost: { status: 'True', meaning: 'See Ready.' },
    Expired: { status: 'True', meaning: 'See Ready.' },
    CostLimitReached: { status: 'True', meaning: 'See Ready.' },
    Failed: {
      status: 'True',
      meaning: 'See Ready. It ends when the provider reports that the instance recovered.',
    },
    Stopped: { status: 'True', meaning: 'See Ready. It ends when the provider starts the instance again.' },
    NotAllowed: { status: 'True', meaning: 'See Synced.' },
    CrdOutdated: { status: 'True', meaning: 'See Synced.' },
    InvalidSshKey: { status: 'True', meaning: 'See Synced.' },
  },
} as const satisfies Record<ConditionType, Record<string, ReasonEntry>>;

/** The reasons of one condition type. */
export type Reason<T extends ConditionType> = keyof (typeof REASONS)[T] & string;

/** A condition before it gets its status, time and generation. */
export type TypedDraft = {
  [T in ConditionType]: { readonly type: T; readonly reason: Reason<T>; readonly message: string };
}[ConditionType];

/** The status that belongs to a reason. */
export function statusOfReason(draft: TypedDraft): ConditionStatus {
  const reasons: Readonly<Record<string, ReasonEntry>> = REASONS[draft.type];
  return reasons[draft.reason]?.status ?? 'Unknown';
}
