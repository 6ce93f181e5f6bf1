import type { MicroUsd } from './money.ts';

/** A row of the availability answer, validated and with normalized names. Immutable. */
export interface Offer {
  readonly provider: string;
  readonly cloudId: string;
  readonly gpuType: string;
  readonly socket: string;
  readonly gpuCount: number;
  /** GB as the provider states it: in practice for the whole offer, not per GPU. */
  readonly gpuMemory?: number;
  readonly region?: string;
  readonly dataCenter?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** `secure_cloud`, `community_cloud`, or a value that this version does not know. */
  readonly security: string;
  readonly isSpot: boolean;
  /** Available, Low, Medium, High, Unavailable, or a value that this version does not know. */
  readonly stockStatus: string;
  readonly images: readonly string[];
  /** Hours that the provider charges at once when it creates the instance. Absent on ordinary offers. */
  readonly prepaidHours?: number;
  /** The offer's own estimate of the time until an instance is ready, in minutes. */
  readonly provisioningMinutes?: number;
  /** True for a row of the multi-node endpoint: a cluster, which a GpuPod cannot rent. */
  readonly multiNode: boolean;
  readonly prices: OfferPrices;
  readonly disk: CustomResource;
  readonly vcpus: CustomResource;
  readonly memory: CustomResource;
}

/** `currency` per hour for the whole offer, exactly as the provider states it. */
export interface OfferPrices {
  readonly onDemand?: number;
  readonly communityPrice?: number;
  readonly isVariable: boolean;
  readonly currency: string;
}

/**
 * One sizable part of an offer. It is fixed when `minCount` or `maxCount` is absent. Units: GB for disk and memory, a
 * count for vCPUs. `pricePerUnit` is per unit and hour; absent means free.
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
 * The sizes that an instance gets. `sent` holds those that go into the create request: no fixed size, and none that
 * equals the default.
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

/** Price per hour of an offer with certain sizes, part by part. `total` is their sum. */
export interface Cost {
  readonly gpu: MicroUsd;
  readonly disk: MicroUsd;
  readonly vcpus: MicroUsd;
  readonly memory: MicroUsd;
  readonly total: MicroUsd;
}
