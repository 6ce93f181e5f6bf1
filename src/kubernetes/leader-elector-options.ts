import type { Clock } from '../clock.ts';
import type { ApiTransport } from './api-transport.ts';
import type { LeaseCargo } from './lease-cargo.ts';
import type { Log } from './log.ts';

export interface LeaderElectorOptions {
  transport: ApiTransport;
  clock: Clock;
  log: Log;
  /** Where the Lease is. */
  namespace: string;
  name: string;
  /** Unique per process (host name and a random part): a restarted process is another one. */
  identity: string;
  /** How long a silent holder keeps the lease. @default 15000 */
  leaseDurationMs?: number;
  /** A leader that could not renew for this long stops leading. Shorter than the lease. @default 10000 */
  renewDeadlineMs?: number;
  /** @default 2000 */
  renewPeriodMs?: number;
  /** How often a standby looks; bounds the hand-over after a release. @default 1000 */
  retryPeriodMs?: number;
  cargo?: LeaseCargo;
}
