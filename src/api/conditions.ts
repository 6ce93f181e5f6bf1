import { plainText } from './plain-text.ts';

/**
 * Conditions and their reasons: the closed list that users may build on. The sentence says when the reason
 * is given, and what a person can do; `docs/reference/conditions.md` is generated from it.
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
      meaning: 'The machine is active, installed, and has a usable SSH endpoint.',
    },
    Pending: {
      status: 'False',
      meaning: 'Nothing is rented yet; the message says what hinders it, if anything does.',
    },
    NoMatchingOffer: {
      status: 'False',
      meaning:
        'No offer fits now. `status.rejections` counts the reasons, `status.hint` says what to relax. Waiting costs nothing.',
    },
    CreateUncertain: {
      status: 'False',
      meaning:
        'The order was sent and its outcome is not known. It is looked up by name; nothing else is rented meanwhile.',
    },
    Provisioning: { status: 'False', meaning: 'The machine exists and is starting. It bills.' },
    Installing: {
      status: 'False',
      meaning:
        'The machine is active and its image is being installed, or its SSH endpoint is not there yet. It bills.',
    },
    PriceUnknown: {
      status: 'False',
      meaning:
        'The machine is active, and the provider states no price for it. It bills. It gets ready once its price was read and fits the cap; `provisioningTimeout` bounds how long that may take.',
    },
    Interrupted: {
      status: 'False',
      meaning:
        'The provider ended a machine that was ready (spot loss, empty wallet). Set `suspend` to true and back, or a new `gpupod.dev/reconcile-requested-at`, to rent again.',
    },
    Lost: {
      status: 'False',
      meaning:
        'A machine that was ready is not known to the provider any more. As with Interrupted, nothing is rented by itself.',
    },
    Failed: {
      status: 'False',
      meaning:
        'The provider reports an error for a machine that was ready. It is kept, and may bill: delete the GpuPod, or suspend it, to end it.',
    },
    Stopped: {
      status: 'False',
      meaning: 'The provider stopped the machine. It bills; delete the GpuPod, or suspend it, to end it.',
    },
    Ending: {
      status: 'False',
      meaning: 'The machine is being ended, and its end has not been seen yet. It may still bill.',
    },
    Suspended: { status: 'False', meaning: '`suspend` is true and nothing is rented.' },
    Terminated: { status: 'False', meaning: 'The rental ended.' },
    Released: {
      status: 'False',
      meaning:
        'The operator has let go of the machine (`Retain`, or force-release) and another finalizer holds the GpuPod. The machine bills, or may: look at the provider.',
    },
    Deleting: {
      status: 'False',
      meaning: 'The GpuPod is being deleted; it stays until the end of the rental was seen.',
    },
    Stale: {
      status: 'Unknown',
      meaning: 'There has been no good look at the machine for a while. It may run, and it may bill.',
    },
  },
  Synced: {
    ReconcileSuccess: { status: 'True', meaning: 'The operator could do all that was to be done.' },
    InvalidRequest: {
      status: 'False',
      meaning:
        'The provider does not know a GPU type or region of the spec, or refuses what it asks for. Change the spec.',
    },
    CredentialsMissing: {
      status: 'False',
      meaning: 'There is no API key. Set it; the operator picks it up by itself.',
    },
    ReferenceNotFound: {
      status: 'False',
      meaning:
        'A Secret or key that the spec refers to does not exist, or may not be read. It heals by itself once it does, or may.',
    },
    SecretConflict: {
      status: 'False',
      meaning:
        'A Secret with the name of the connection Secret belongs to somebody else and is left alone. Remove it or set `connectionSecretName`.',
    },
    SecretRefused: {
      status: 'False',
      meaning:
        'The API server does not take the connection Secret, or does not let an old one go (quota, policy, rights). A machine is usable without it, its address stands in `status.ssh`; a rental that ended is not closed before its Secret is gone.',
    },
    Unauthorized: {
      status: 'False',
      meaning:
        'The provider does not accept the API key, or it lacks a permission (Instances: read and write, Availability: read).',
    },
    Forbidden: {
      status: 'False',
      meaning:
        'The provider forbids what this GpuPod asks for (a template, disk, SSH key or team of somebody else); the API key works otherwise. Other GpuPods are not held back. It is tried again by itself, and at once when the spec changes.',
    },
    QuotaExceeded: {
      status: 'False',
      meaning:
        'A limit of the provider on what this GpuPod asks for (disks, templates) is reached. Other GpuPods are not held back. It is tried again by itself, and at once when the spec changes.',
    },
    AccountChanged: {
      status: 'False',
      meaning:
        'The API key belongs to another account than the one that rented. Nothing is created or ended until it fits again or `--accept-account` confirms it; instances of the old account are not touched even then.',
    },
    AccountUnconfirmed: {
      status: 'False',
      meaning:
        'The provider does not say whose API key this is, and nothing of the account that the instance was rented on has been seen with it. An absence proves nothing then. Give the key the permission to read its user, or restore the old key.',
    },
    NotAllowed: {
      status: 'False',
      meaning: 'An operator setting forbids what the spec asks for (team, missing maxPrice).',
    },
    CrdOutdated: {
      status: 'False',
      meaning:
        'The installed CRD drops fields of the status that protect money. Nothing new is rented; what runs is followed and ended. Apply the CRD of this version and restart the operator.',
    },
    BudgetExhausted: {
      status: 'False',
      meaning: 'The order would exceed `--max-total-price-per-hour`. It waits.',
    },
    PaymentRequired: {
      status: 'False',
      meaning:
        'The wallet is empty or the instance limit of the account is reached. It is tried again by itself.',
    },
    RateLimited: { status: 'False', meaning: 'The provider asks for fewer requests.' },
    ApiUnavailable: {
      status: 'False',
      meaning: 'The provider cannot be reached or answers with server errors.',
    },
    UnexpectedResponse: {
      status: 'False',
      meaning: 'The provider gave an answer that cannot be believed. Nothing is done on it.',
    },
    CreateUncertain: { status: 'False', meaning: 'The outcome of an order is not known; see Ready.' },
    NewerInstance: {
      status: 'False',
      meaning:
        'The provider shows an instance of this GpuPod that is newer than all that the GpuPod records, as after a restore from an older backup. It is never terminated as a duplicate, and nothing else is rented: the only one that is ready is adopted. Set `suspend` to false to adopt it, or delete the GpuPod to terminate it.',
    },
    Paused: {
      status: 'False',
      meaning:
        '`gpupod.dev/paused` is "true": nothing is done, deletion included. What is rented still bills.',
    },
  },
  OfferSelected: {
    Selected: { status: 'True', meaning: 'An offer was chosen; the message says why.' },
    Pinned: { status: 'True', meaning: 'An offer with the pinned `placement.cloudId` was chosen.' },
    Adopted: {
      status: 'True',
      meaning: 'The offer was taken from the record of an order whose machine was found.',
    },
    NotLooked: {
      status: 'False',
      meaning:
        'No offer was chosen yet: none was looked at, or something hinders the order, and `Synced` says what.',
    },
    NoOffers: { status: 'False', meaning: 'The provider has nothing for these GPU types.' },
    NoMatchingOffer: { status: 'False', meaning: 'There are offers, and none fits the spec.' },
    AllOffersUnavailable: {
      status: 'False',
      meaning: 'The offers that fit have no stock, or failed a short while ago.',
    },
    AboveMaxPrice: { status: 'False', meaning: 'The offers that fit cost more than the cap.' },
  },
  Provisioned: {
    PodActive: { status: 'True', meaning: 'The provider reports the machine as active.' },
    Adopted: {
      status: 'True',
      meaning: 'A machine whose order had an unknown outcome was found and taken over, and is active.',
    },
    NotCreated: { status: 'False', meaning: 'Nothing is rented.' },
    CreatePending: { status: 'False', meaning: 'The machine was ordered and is not active yet.' },
    CreateUncertain: { status: 'False', meaning: 'The outcome of an order is not known.' },
    CreateFailed: { status: 'False', meaning: 'The last order was refused, or its machine failed.' },
    ProvisioningTimedOut: { status: 'False', meaning: 'The last machine did not get ready in time.' },
    SpecChanged: {
      status: 'False',
      meaning: 'The spec changed while the order was on its way; that machine is being ended.',
    },
    Lost: { status: 'False', meaning: 'The machine is gone without having been ended by the operator.' },
  },
  Reconciling: {
    Searching: { status: 'True', meaning: 'Looking for an offer.' },
    Progressing: { status: 'True', meaning: 'A machine is on its way to be ready, or to its end.' },
    Retrying: { status: 'True', meaning: 'Something failed and is tried again by itself.' },
  },
  Stalled: {
    OfferTimeout: {
      status: 'True',
      meaning:
        'No offer fitted within `offerTimeout`. Change the spec or set a new `gpupod.dev/reconcile-requested-at`.',
    },
    AttemptsExhausted: {
      status: 'True',
      meaning:
        '`maxAttempts` machines were rented and none got ready, or as many attempts (at least 3) had an unknown outcome and no instance was found. See `status.attempts`; look at the provider for instances with the name prefix in the message. Change the spec or set a new `gpupod.dev/reconcile-requested-at`.',
    },
    InvalidRequest: {
      status: 'True',
      meaning: 'Several offers refused the order as invalid. Change the spec.',
    },
    ForeignIntent: {
      status: 'True',
      meaning:
        'The intent on the object was written by another installation. Remove the annotation if that installation is gone and its machine is ended.',
    },
    CreateUncertain: {
      status: 'True',
      meaning:
        'The outcome of an order cannot be found out by itself. Look at the provider, then set `gpupod.dev/confirm-absent` to the name of the machine if it is not there.',
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

/** What the operator says of one aspect, before time and generation are put to it. */
export type ConditionClaim = {
  [T in ConditionType]: { readonly type: T; readonly reason: Reason<T>; readonly message: string };
}[ConditionType];

/** Status that goes with a reason. */
export function statusOfReason(claim: ConditionClaim): ConditionStatus {
  const reasons: Readonly<Record<string, ReasonEntry>> = REASONS[claim.type];
  return reasons[claim.reason]?.status ?? 'Unknown';
}

/** Cuts a message to what a condition may carry; what cannot be seen becomes a space. */
export function truncateMessage(message: string, maxLength = MAX_MESSAGE_LENGTH): string {
  const clean = plainText(message).trim();
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).toWellFormed()}…`;
}
