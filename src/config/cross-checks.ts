import type * as z from 'zod';
import { formatDuration } from '../api/common/duration.ts';
import { checkBaseUrl } from '../prime/base-url.ts';
import type { SETTINGS } from './settings.ts';

type Schemas = typeof SETTINGS;

/** The settings before they become a configuration. */
export type Settings = { readonly [Group in keyof Schemas]: Readonly<z.output<Schemas[Group]>> };

/** A rule about several settings. */
export interface CrossCheck {
  /** The settings that it needs, as `group.key`. It runs only if all of them could be read. */
  readonly needs: readonly string[];
  /** A text for the user, or undefined if all is well. */
  readonly problem: (settings: Settings) => string | undefined;
}

/** Rules that the protocol rests on. Settings that are only unwise cause a warning instead. */
export const CROSS_CHECKS: readonly CrossCheck[] = [
  {
    needs: ['prime.baseUrl', 'prime.allowHttp'],
    problem: ({ prime }) => {
      const check = checkBaseUrl(prime.baseUrl, { allowHttp: prime.allowHttp });
      return check.kind === 'ok' ? undefined : `--prime-api-base-url (PRIME_API_BASE_URL): ${check.message}`;
    },
  },
  {
    needs: ['lease.durationMs', 'lease.renewDeadlineMs'],
    problem: ({ lease }) =>
      lease.durationMs > lease.renewDeadlineMs
        ? undefined
        : `--lease-duration (${formatDuration(lease.durationMs)}) must be longer than --lease-renew-deadline ` +
          `(${formatDuration(lease.renewDeadlineMs)}): otherwise two processes could work at once.`,
  },
  ...(['renewPeriodMs', 'retryPeriodMs'] as const).map((key) => leasePeriodCheck(key)),
  {
    needs: ['lease.isEnabled', 'lease.renewPeriodMs', 'windows.leaseFenceMs'],
    problem: ({ lease, timings }) =>
      !lease.isEnabled || timings.leaseFenceMs > lease.renewPeriodMs
        ? undefined
        : `--window-lease-fence (${formatDuration(timings.leaseFenceMs)}) must be longer than --lease-renew-period ` +
          `(${formatDuration(lease.renewPeriodMs)}): otherwise the operator could send hardly any create request.`,
  },
  {
    needs: ['lease.isEnabled', 'lease.durationMs', 'windows.leaseFenceMs'],
    problem: ({ lease, timings }) =>
      !lease.isEnabled || timings.leaseFenceMs <= lease.durationMs
        ? undefined
        : `--window-lease-fence (${formatDuration(timings.leaseFenceMs)}) must not be longer than --lease-duration ` +
          `(${formatDuration(lease.durationMs)}): otherwise the operator could send a create request after another process took over.`,
  },
  {
    needs: ['prime.createTimeoutMs', 'windows.createFenceMs', 'windows.foreignRequestMs'],
    problem: ({ prime, timings }) =>
      timings.foreignRequestMs >= prime.createTimeoutMs + timings.createFenceMs
        ? undefined
        : `--window-foreign-request (${formatDuration(timings.foreignRequestMs)}) must be at least --create-timeout and ` +
          `--window-create-fence together (${formatDuration(prime.createTimeoutMs + timings.createFenceMs)}): ` +
          'otherwise the create request of another process could still be under way when the operator takes it for lost.',
  },
  {
    needs: ['prime.offerCacheMs', 'windows.offerMaxAgeMs'],
    problem: ({ prime, timings }) =>
      timings.offerMaxAgeMs > prime.offerCacheMs
        ? undefined
        : `--window-offer-max-age (${formatDuration(timings.offerMaxAgeMs)}) must be longer than --offer-cache ` +
          `(${formatDuration(prime.offerCacheMs)}): otherwise an offer could be too old as soon as it arrives.`,
  },
];

function leasePeriodCheck(key: 'renewPeriodMs' | 'retryPeriodMs'): CrossCheck {
  const flag = { renewPeriodMs: '--lease-renew-period', retryPeriodMs: '--lease-retry-period' }[key];
  return {
    needs: ['lease.renewDeadlineMs', `lease.${key}`],
    problem: ({ lease }) =>
      lease.renewDeadlineMs > lease[key]
        ? undefined
        : `--lease-renew-deadline (${formatDuration(lease.renewDeadlineMs)}) must be longer than ${flag} ` +
          `(${formatDuration(lease[key])}): otherwise the operator loses the Lease between two renewals.`,
  };
}
