import type { OfferQuery } from '../offers/offer-source.ts';
import type { GpuSummary } from './schemas/offer.ts';

/** True if the summary has a price for this GPU type and count in a requested region. */
export function summaryShowsStock(summary: GpuSummary, query: OfferQuery): boolean {
  const byCount = own(summary, query.gpuType);
  const byRegion = byCount === undefined ? undefined : own(byCount, String(query.gpuCount));
  if (byRegion === undefined) {
    return false;
  }
  const regions = query.regions.length === 0 ? Object.keys(byRegion) : query.regions;
  return regions.some((region) => hasPrice(own(byRegion, region)));
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function hasPrice(info: unknown): boolean {
  return typeof info === 'object' && info !== null && Object.values(info).some(isPrice);
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}
