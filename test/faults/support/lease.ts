import type { Flags } from '../../support/operator-settings.ts';

/** The default leader election with a shorter retry period, for processes that release the Lease. */
export const LEASE: Flags = {
  'leader-elect': 'true',
  'lease-renew-period': '500ms',
  'lease-retry-period': '300ms',
};

/** A Lease that expires while a test waits, but is long enough for a busy host. */
export const SHORT_LEASE: Flags = {
  ...LEASE,
  'lease-duration': '6s',
  'lease-renew-deadline': '4500ms',
  'window-lease-fence': '4s',
};
