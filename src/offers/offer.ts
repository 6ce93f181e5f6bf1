import type { MicroUsd } from './money.ts';

/** A row of the availability answer, checked and with its names evened out. Immutable. */
export interface Offer {
  readonly provider: string;
  readonly cloudId: string;
  readonly gpuType: string;
  readonly socket: string;
  readonly gpuCount: number;
  /** GB, as the provider says it (in practice the total of the offer, not per GPU). */
  readonly gpuMemory?: number;
  readonly region?: string;
  readonly dataCenter?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** `secure_cloud`, `community_cloud`, or a word that is new to us. */
  readonly security: string;
  readonly isSpot: boolean;
  /** Available, Low, Medium, High, Unavailable, or a word that is new to us. */
  readonly stockStatus: string;
  readonly images: readonly string[];
  /** Hours that are charged at order time whatever happens; absent on ordinary offers. */
  readonly prepaidHours?: number;
  /** The offer's own estimate of how long a machine takes to come up, in minutes. */
  readonly provisioningMinutes?: number;
  /** True for a row of the multi-node endpoint: a cluster, which a GpuPod cannot rent. */
  readonly multiNode: boolean;
  readonly prices: OfferPrices;
  readonly disk: CustomResource;
  readonly vcpus: CustomResource;
  readonly memory: CustomResource;
}

/** USD (or `currency`) per hour for the whole offer, exactly as the provider sent them. */
export interface OfferPrices {
  readonly onDemand?: number;
  readonly communityPrice?: number;
  readonly isVariable: boolean;
  readonly currency: string;
}

/**
 * One sizable part of an offer. Fixed when `minCount` or `maxCount` is absent. Units: GB for disk and
 * memory, a count for vcpus; `pricePerUnit` is per unit and hour, and absent means free.
 */
export interface CustomResource {
  readonly minCount?: number;
  readonly defaultCount?: number;
  readonly maxCount?: number;
  readonly step?: number;
  readonly pricePerUnit?: number;
  readonly defaultIncludedInPrice: boolean;
}

/**
 * The sizes that an offer will be rented with. `sent` holds only what goes into the body: a size that
 * is fixed or wished to be the default is not sent.
 */
export interface Sizes {
  readonly diskSize?: number;
  readonly vcpus?: number;
  readonly memory?: number;
  readonly sent: {
    readonly diskSize?: number;
    readonly vcpus?: number;
    readonly memory?: number;
  };
}

/** What an offer costs an hour with certain sizes, part by part; `total` is their sum. */
export interface Cost {
  readonly gpu: MicroUsd;
  readonly disk: MicroUsd;
  readonly vcpus: MicroUsd;
  readonly memory: MicroUsd;
  readonly total: MicroUsd;
}
