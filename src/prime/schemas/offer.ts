import * as z from 'zod';
import { BooleanLike, CountLike, NumberLike, OptionalWord, Rows, Word } from './common.ts';

/** A price. A negative one would make an offer look cheaper than it is. */
const Price = NumberLike.pipe(z.number().nonnegative().optional());

const CustomSpec = z
  .object({
    minCount: CountLike,
    defaultCount: CountLike,
    maxCount: CountLike,
    step: CountLike,
    pricePerUnit: Price,
    defaultIncludedInPrice: BooleanLike,
  })
  .nullish()
  .transform((value) => value ?? undefined);
export type CustomSpec = z.infer<typeof CustomSpec>;

/**
 * A row of the availability answer (see docs/explanation/provider-api.md). Fields that decide about the
 * price or the request must have the promised type, or the row is skipped: an unreadable price must not
 * become a free one. Unknown words (regions, upstream providers, stock) are kept as they are.
 */
export const OfferRow = z.object({
  cloudId: Word,
  gpuType: Word,
  socket: Word,
  provider: Word,
  security: Word,
  region: OptionalWord,
  dataCenter: OptionalWord,
  country: OptionalWord,
  gpuCount: CountLike.pipe(z.number().positive()),
  gpuMemory: NumberLike.catch(undefined),
  disk: CustomSpec,
  vcpu: CustomSpec,
  memory: CustomSpec,
  provisioningTime: NumberLike.catch(undefined),
  stockStatus: OptionalWord,
  prices: z.object({
    // src/offers/price.ts decides what an unusable base price means.
    onDemand: NumberLike,
    communityPrice: NumberLike,
    isVariable: BooleanLike,
    currency: OptionalWord,
  }),
  // An unreadable list counts as empty.
  images: z.array(z.unknown()).nullish().catch(undefined),
  isSpot: BooleanLike,
  prepaidTime: Price,
});
export type OfferRow = z.infer<typeof OfferRow>;

/** One page of the current endpoints. */
export const OfferPage = z.object({
  items: Rows,
  totalCount: CountLike.catch(undefined),
});

/** The whole answer of the legacy endpoint: rows by GPU type. */
export const LegacyOffers = z.record(z.string(), Rows);

/** `/availability/gpu-summary`: prices by GPU type, count, and region (or `cheapest`). */
export const GpuSummary = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));
export type GpuSummary = z.infer<typeof GpuSummary>;
