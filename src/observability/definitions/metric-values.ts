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
