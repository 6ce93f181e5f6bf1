import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { offerCatalogueSchema } from '../world/offer.ts';
import type { OfferCatalogue } from '../world/offer.ts';

/** The catalogue that the simulator brings along. */
export const DEFAULT_OFFERS_FILE = new URL('default-offers.yaml', import.meta.url);

/**
 * Reads an offers file (YAML or JSON).
 *
 * @throws Error that names the file and every problem in it.
 */
export function loadOffers(file: URL | string): OfferCatalogue {
  const result = offerCatalogueSchema.safeParse(parse(readFileSync(file, 'utf8'), { merge: true }));
  if (result.success) {
    return result.data;
  }
  throw new Error(`offers file ${String(file)} is not usable:\n${z.prettifyError(result.error)}`);
}
