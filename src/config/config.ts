import type { Policy, ProtocolTimings } from '../lifecycle/settings.ts';
import type { Proxies } from '../network/proxies.ts';
import type { Secret } from '../prime/api-key.ts';
import type { Settings } from './cross-checks.ts';
import type { Environment } from './texts.ts';

/** Where the API key comes from. Logs, JSON and `util.inspect` do not show the key itself. */
export type ApiKeyOrigin =
  { readonly kind: 'environment'; readonly key: Secret } | { readonly kind: 'file'; readonly path: string };

/** All settings, checked, with defaults. Times are in milliseconds. */
export interface Config {
  readonly prime: {
    /** With `/api/v1`. */
    readonly baseUrl: string;
    readonly key: ApiKeyOrigin;
    readonly maxRequestsPerSecond: number;
    /** `PrimeTimeouts` without `connectMs`. */
    readonly timeouts: { readonly createMs: number; readonly readMs: number; readonly deleteMs: number };
    readonly offerCacheMs: number;
  };
  /** The variables that name a cluster, if there are any. */
  readonly environment?: Environment;
  /** Absent if the environment names no proxy. */
  readonly proxies?: Proxies;
  readonly policy: Policy;
  readonly installation: Settings['installation'];
  readonly kubernetes: Settings['kubernetes'];
  readonly probe: Settings['probe'];
  readonly lease: Settings['lease'];
  readonly process: Settings['process'];
  readonly timings: ProtocolTimings;
  /** Settings that are allowed and probably a mistake, for the log. */
  readonly warnings: readonly string[];
}
