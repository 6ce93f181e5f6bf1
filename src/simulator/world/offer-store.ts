import * as z from 'zod';
import { diskOfferSchema, offerSchema } from './offer.ts';
import type { DiskOffer, Offer, OfferCatalogue, OfferInput } from './offer.ts';

export const offerMatchSchema = z.strictObject({
  cloudId: z.string().optional(),
  provider: z.string().optional(),
  gpuType: z.string().optional(),
  dataCenter: z.string().nullable().optional(),
  gpuCount: z.int().optional(),
});

/** Selects rows. Absent fields match everything. */
type OfferMatch = z.infer<typeof offerMatchSchema>;
/** A change of rows. `prices` and `market` are merged, all other fields are replaced. */
export type OfferChange = Partial<Omit<OfferInput, 'prices' | 'market'>> & {
  prices?: Partial<OfferInput['prices']> | undefined;
  market?: OfferInput['market'];
};

function matches(offer: Offer, wanted: OfferMatch): boolean {
  return (
    (wanted.cloudId === undefined || wanted.cloudId === offer.cloudId) &&
    (wanted.provider === undefined || wanted.provider === offer.provider) &&
    (wanted.gpuType === undefined || wanted.gpuType === offer.gpuType) &&
    (wanted.dataCenter === undefined || wanted.dataCenter === offer.dataCenter) &&
    (wanted.gpuCount === undefined || wanted.gpuCount === offer.gpuCount)
  );
}

/**
 * The market: all current offers. A change replaces a row, because instances keep the row that they were
 * created from.
 */
export class OfferStore {
  #gpus: Offer[];
  #multiNode: Offer[];
  #disks: DiskOffer[];

  constructor(catalogue: OfferCatalogue) {
    this.#gpus = [...catalogue.gpus];
    this.#multiNode = [...catalogue.multiNode];
    this.#disks = [...catalogue.disks];
  }

  gpus(): readonly Offer[] {
    return this.#gpus;
  }

  multiNode(): readonly Offer[] {
    return this.#multiNode;
  }

  disks(): readonly DiskOffer[] {
    return this.#disks;
  }

  /** All rows that can be rented. */
  all(): Offer[] {
    return [...this.#gpus, ...this.#multiNode];
  }

  add(...rows: OfferInput[]): void {
    this.#gpus.push(...rows.map((row) => offerSchema.parse(row)));
  }

  /** Replaces all single-node rows. */
  replace(rows: readonly OfferInput[]): void {
    this.#gpus = rows.map((row) => offerSchema.parse(row));
  }

  replaceDisks(rows: readonly z.input<typeof diskOfferSchema>[]): void {
    this.#disks = rows.map((row) => diskOfferSchema.parse(row));
  }

  /** Removes rows and returns their number. */
  remove(match: OfferMatch): number {
    const before = this.all().length;
    this.#gpus = this.#gpus.filter((offer) => !matches(offer, match));
    this.#multiNode = this.#multiNode.filter((offer) => !matches(offer, match));
    return before - this.all().length;
  }

  /** Changes rows, for example their price, stock status or `market.soldOut`, and returns their number. */
  change(match: OfferMatch, change: OfferChange): number {
    let changed = 0;
    const apply = (offer: Offer): Offer => {
      if (!matches(offer, match)) {
        return offer;
      }
      changed += 1;
      return offerSchema.parse({
        ...offer,
        ...change,
        prices: { ...offer.prices, ...change.prices },
        market: { ...offer.market, ...change.market },
      });
    };
    this.#gpus = this.#gpus.map(apply);
    this.#multiNode = this.#multiNode.map(apply);
    return changed;
  }
}
