import type { Clock } from '../../clock.ts';
import type { ApiTransport } from '../client/api-transport.ts';
import type { Log } from '../log.ts';
import type { LeaseAnnotations } from './lease-annotations.ts';

export interface LeaderElectorOptions {
  transport: ApiTransport;
  clock: Clock;
  log: Log;
  /** Namespace of the Lease. */
  namespace: string;
  name: string;
  /** Unique per process (host name and a random part), so that a restarted process is another one. */
  identity: string;
  /** How long a silent holder keeps the Lease. @default 15000 */
  leaseDurationMs?: number;
  /** A leader that could not renew for this long stops leading. Shorter than the Lease duration. @default 10000 */
  renewDeadlineMs?: number;
  /** @default 2000 */
  renewPeriodMs?: number;
  /** How often a standby reads the Lease. Bounds the hand-over after a release. @default 1000 */
  retryPeriodMs?: number;
  annotations?: LeaseAnnotations;
}
