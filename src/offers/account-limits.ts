import type { Security } from '../api/common/securities.ts';
import type { MicroUsd } from './money.ts';

/** What the account that pays allows to be rented, as far as it concerns offers. */
export interface OfferLimits {
  /** Names the account in a message: `ClusterGpuAccount ml-platform`. */
  readonly owner: string;
  readonly maxPrice: MicroUsd | undefined;
  /** In each list, undefined means any. */
  readonly gpuTypes: readonly string[] | undefined;
  readonly allowedProviders: readonly string[] | undefined;
  readonly deniedProviders: readonly string[] | undefined;
  readonly security: Security;
  readonly allowSpot: boolean;
  readonly allowPrepaid: boolean;
}
