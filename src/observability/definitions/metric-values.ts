/** Upper bounds of histograms, in seconds. */
export const FAST_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60];
export const REQUEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
export const PROVISIONING_SECONDS = [15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600];

/** Reasons of a cooldown. */
export const COOLDOWN_REASONS = [
  'NoCapacity',
  'AboveMaxPrice',
  'NotAsRequested',
  'InvalidRequest',
  'TemplateIncompatible',
  'OtherRefusal',
  'NotCreated',
  'ProvisioningTimedOut',
  'InstallFailed',
  'Forbidden',
  'QuotaExceeded',
] as const;

/** Answers to requests, by class. 429 is apart, because it says that an account asks too often. */
export const REQUEST_CODES = ['2xx', '4xx', '429', '5xx', 'error'] as const;
/** What came of a create request that left. */
export const CREATE_OUTCOMES = ['Created', 'Refused', 'Unknown'] as const;
/** Why the provider serves an account no longer. */
export const ACCOUNT_REFUSALS = [
  'CredentialsMissing',
  'Unauthorized',
  'AccountChanged',
  'PaymentRequired',
  'Forbidden',
  'QuotaExceeded',
] as const;
