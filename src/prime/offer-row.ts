import type { Failure } from '../lifecycle/provider.ts';
import type { CustomResource, Offer } from '../offers/offer.ts';
import { defined, isWord } from './schemas/common.ts';
import { OfferRow } from './schemas/offer.ts';
import type { CustomSpec } from './schemas/offer.ts';

/** The offers of some rows, and the number of rows that cannot be read. */
export interface ReadOffers {
  readonly offers: readonly Offer[];
  readonly skippedRows: number;
  /** The failure of a later page, because of which offers may be missing. */
  readonly missing?: Failure;
}

/** Parses each row separately, so that a malformed row does not spoil the others. */
export function readOffers(rows: readonly unknown[], multiNode: boolean): ReadOffers {
  const offers: Offer[] = [];
  for (const row of rows) {
    const parsed = OfferRow.safeParse(row);
    if (parsed.success) {
      offers.push(toOffer(parsed.data, multiNode));
    }
  }
  return { offers, skippedRows: rows.length - offers.length };
}

function toOffer(row: OfferRow, multiNode: boolean): Offer {
  const { prices, prepaidTime } = row;
  return {
    provider: row.provider,
    cloudId: row.cloudId,
    gpuType: row.gpuType,
    socket: row.socket,
    gpuCount: row.gpuCount,
    security: row.security,
    isSpot: row.isSpot ?? false,
    // The default of the API's own schema.
    stockStatus: row.stockStatus ?? 'Available',
    images: (row.images ?? []).filter(isWord),
    multiNode,
    prices: {
      ...defined({ onDemand: prices.onDemand, communityPrice: prices.communityPrice }),
      isVariable: prices.isVariable ?? false,
      currency: prices.currency ?? 'USD',
    },
    disk: toResource(row.disk),
    vcpus: toResource(row.vcpu),
    memory: toResource(row.memory),
    ...defined({
      gpuMemory: row.gpuMemory,
      region: row.region,
      dataCenter: row.dataCenter,
      country: row.country,
      prepaidHours: prepaidTime === 0 ? undefined : prepaidTime,
      provisioningMinutes: row.provisioningTime,
    }),
  };
}

function toResource(spec: CustomSpec): CustomResource {
  const { minCount, defaultCount, maxCount, step, pricePerUnit } = spec ?? {};
  return {
    ...defined({ minCount, defaultCount, maxCount, step, pricePerUnit }),
    defaultIncludedInPrice: spec?.defaultIncludedInPrice ?? false,
  };
}
