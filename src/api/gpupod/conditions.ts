import { plainText } from '../common/plain-text.ts';

/**
 * Conditions and their reasons: a closed list that users may rely on. Each sentence says when the reason is set and
 * what a person can do. `docs/reference/conditions.md` is generated from it.
 */

export const MAX_MESSAGE_LENGTH = 300;

export const CONDITION_TYPES = [
  'Ready',
  'Synced',
  'OfferSelected',
  'Provisioned',
  'Reconciling',
  'Stalled',
] as const;

export type ConditionType = (typeof CONDITION_TYPES)[number];
export type ConditionStatus = 'True' | 'False' | 'Unknown';

interface ReasonEntry {
  readonly status: ConditionStatus;
  readonly meaning: string;
}

export const REASONS = {
  Ready: {
    Available: {
      status: 'True',
      meaning: 'The instance is active, installed, and has a usable SSH endpoint.',
    },
    Pending: {
      status: 'False',
      meaning: 'No instance exists yet, and nothing bills. The message names the obstacle, if there is one.',
    },
    NoMatchingOffer: {
      status: 'False',
      meaning:
        'No offer fits now. Waiting costs nothing. `status.rejections` counts the reasons, and `status.hint` says what to relax.',
    },
    CreateUncertain: {
      status: 'False',
      meaning:
        'The create request has an unknown outcome, so an instance may exist and bill. The operator looks it up by name and creates no other meanwhile.',
    },
    Provisioning: { status: 'False', meaning: 'The instance exists and is starting. It bills.' },
    Installing: {
      status: 'False',
      meaning:
        'The instance is active, and its image is still being installed or its SSH endpoint is missing. It bills.',
    },
    PriceUnknown: {
      status: 'False',
      meaning:
        'The instance is active, but the provider states no price for it. It bills. It becomes ready when the operator has read a price that fits the cap; `provisioningTimeout` limits the wait.',
    },
    Interrupted: {
      status: 'False',
      meaning:
        'The provider terminated an instance that was ready (spot loss, empty wallet). To rent again, set `suspend` to true and back, or set a new `gpupod.dev/reconcile-requested-at`.',
    },
    Lost: {
      status: 'False',
      meaning:
        'The provider no longer lists an instance that was ready; it may bill. The operator does not rent another by itself: request it as for Interrupted.',
    },
    Failed: {
      status: 'False',
      meaning:
        'The provider reports an error for an instance that was ready. The operator keeps it, and it may bill. To terminate it, delete or suspend the GpuPod.',
    },
    Stopped: {
      status: 'False',
      meaning: 'The provider stopped the instance. It bills. To terminate it, delete or suspend the GpuPod.',
    },
    Terminating: {
      status: 'False',
      meaning:
        'The operator is terminating the instance, and the provider has not confirmed it yet. It may still bill.',
    },
    Suspended: { status: 'False', meaning: '`suspend` is true, and no instance exists.' },
    Terminated: { status: 'False', meaning: 'The instance is terminated.' },
    Released: {
      status: 'False',
      meaning:
        'The operator released the GpuPod (`Retain`, or force-release), and another finalizer holds it. The instance keeps billing, or may: check it at the provider.',
    },
    Deleting: {
      status: 'False',
      meaning:
        'The GpuPod is being deleted. It stays until the provider confirms that the instance is terminated.',
    },
    Stale: {
      status: 'Unknown',
      meaning: 'The provider has not reported on the instance for a while. It may run, and it may bill.',
    },
  },
  Synced: {
    ReconcileSuccess: { status: 'True', meaning: 'The last reconciliation succeeded.' },
    InvalidRequest: {
      status: 'False',
      meaning:
        'The provider does not know a GPU type or region of the spec, or refuses the request. Change the spec.',
    },
    CredentialsMissing: {
      status: 'False',
      meaning: 'The operator has no API key. Set it; the operator picks it up by itself.',
    },
    ReferenceNotFound: {
      status: 'False',
      meaning:
        'The operator cannot read a Secret or key that the spec refers to. Create it, or allow the operator to read it; the operator then goes on by itself.',
    },
    SecretConflict: {
      status: 'False',
      meaning:
        'Another owner has a Secret with the name of the connection Secret. The operator does not overwrite it. Remove it, or set `connectionSecretName`.',
    },
    SecretRefused: {
      status: 'False',
      meaning:
        'The API server refuses to write the connection Secret, or to delete an old one (quota, policy, rights). The instance is usable without it: see `status.ssh`. An attempt stays open until its Secret is deleted.',
    },
    Unauthorized: {
      status: 'False',
      meaning:
        'The provider does not accept the API key, or the key lacks a permission (Instances: read and write, Availability: read).',
    },
    Forbidden: {
      status: 'False',
      meaning:
        'The provider forbids what this GpuPod asks for (a template, disk, SSH key or team of another owner). The API key works otherwise, and other GpuPods go on. The operator retries by itself, and at once when the spec changes.',
    },
    QuotaExceeded: {
      status: 'False',
      meaning:
        'This GpuPod reached a limit of the provider (disks, templates). Other GpuPods go on. The operator retries by itself, and at once when the spec changes.',
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
    NotAllowed: {
      status: 'False',
      meaning:
        'An operator setting forbids what the spec asks for (team, missing maxPrice). Change the spec or the setting.',
    },
    CrdOutdated: {
      status: 'False',
      meaning:
        'The installed CRD is older than the operator, and may drop fields of the status that protect money. The operator creates no instances; it follows and terminates those that run. Apply the CRD of this version. Restart the operator if it may not read the CRD.',
    },
    BudgetExceeded: {
      status: 'False',
      meaning:
        'A create request would exceed `--max-total-price-per-hour`. The GpuPod waits, which costs nothing. Terminate other instances, or raise the limit.',
    },
    PaymentRequired: {
      status: 'False',
      meaning:
        'The wallet is empty, or the account reached its instance limit. Add funds or raise the limit; the operator retries by itself.',
    },
    RateLimited: {
      status: 'False',
      meaning: 'The provider asks for fewer requests. The operator slows down and retries by itself.',
    },
    ApiUnavailable: {
      status: 'False',
      meaning:
        'The provider cannot be reached, or answers with server errors. The operator retries by itself.',
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
        'The provider shows an instance of this GpuPod that is newer than everything the GpuPod records, as after a restore from an older backup. The operator never terminates it as a duplicate, and creates no other. If it is the only one, ready, and as the spec says, its price above all, the operator adopts it. Set `suspend` to false or correct the spec to adopt it, or delete the GpuPod to terminate it.',
    },
    Paused: {
      status: 'False',
      meaning:
        '`gpupod.dev/paused` is "true": the operator does nothing, not even on deletion. An instance keeps billing. Remove the annotation to go on.',
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
    Lost: { status: 'False', meaning: 'The instance disappeared, and the operator did not terminate it.' },
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
    NewerInstance: { status: 'True', meaning: 'See Synced.' },
    Interrupted: { status: 'True', meaning: 'See Ready.' },
    Lost: { status: 'True', meaning: 'See Ready.' },
    NotAllowed: { status: 'True', meaning: 'See Synced.' },
    CrdOutdated: { status: 'True', meaning: 'See Synced.' },
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

/** Cuts a message to the length of a condition, and replaces invisible characters with spaces. */
export function truncateMessage(message: string, maxLength = MAX_MESSAGE_LENGTH): string {
  const clean = plainText(message).trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).toWellFormed()}…`;
}
