import type { Flags } from '../../support/operator-settings.ts';

/** Leader election, as it is by default, but for how often is looked: for those that give the Lease back. */
export const LEASE: Flags = {
  'leader-elect': 'true',
  'lease-renew-period': '500ms',
  'lease-retry-period': '300ms',
};

/** A Lease that runs out while a test waits, with room for a machine that has other things to do. */
export const SHORT_LEASE: Flags = {
  ...LEASE,
  'lease-duration': '6s',
  'lease-renew-deadline': '4500ms',
  'window-lease-fence': '4s',
};
