import type { Policy, ProtocolTimings } from '../lifecycle/settings.ts';
import type { Secret } from '../prime/api-key.ts';
import type { Settings } from './cross-checks.ts';

/** Where the API key is. The key itself shows in no log, JSON or inspection. */
export type ApiKeyOrigin =
  { readonly kind: 'environment'; readonly key: Secret } | { readonly kind: 'file'; readonly path: string };

/** Everything that can be set, checked, with defaults. Times are in milliseconds. */
export interface Config {
  readonly prime: {
    /** With `/api/v1`. */
    readonly baseUrl: string;
    readonly key: ApiKeyOrigin;
    readonly maxRequestsPerSecond: number;
    /** `PrimeTimeouts` but for its `connectMs`. */
    readonly timeouts: { readonly createMs: number; readonly readMs: number; readonly deleteMs: number };
    readonly offerCacheMs: number;
  };
  readonly policy: Policy;
  readonly installation: Settings['installation'];
  readonly kubernetes: Settings['kubernetes'];
  readonly lease: Settings['lease'];
  readonly process: Settings['process'];
  readonly timings: ProtocolTimings;
  /** What is allowed and probably not meant, for the log. */
  readonly warnings: readonly string[];
}
