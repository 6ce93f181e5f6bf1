import type { OfferInput } from '../../src/simulator/world/offer.ts';

function offer(cloudId: string, provider: string, usdPerHour: number): OfferInput {
  return {
    cloudId,
    provider,
    gpuType: 'H100_80GB',
    socket: 'PCIe',
    region: 'canada',
    dataCenter: 'CANADA-1',
    country: 'CA',
    gpuCount: 1,
    gpuMemory: 80,
    disk: { defaultCount: 100, defaultIncludedInPrice: true },
    vcpu: { defaultCount: 16, defaultIncludedInPrice: true },
    memory: { defaultCount: 128, defaultIncludedInPrice: true },
    stockStatus: 'High',
    prices: { onDemand: usdPerHour },
  };
}

/** Three offers below the cap of the simulations, and one above it. */
export const OFFERS: readonly OfferInput[] = [
  offer('n3-H100x1', 'hyperstack', 1.9),
  offer('gpu_1x_h100', 'lambdalabs', 2.4),
  offer('1H100.80S', 'datacrunch', 2.6),
  offer('dear-h100', 'latitude', 3.4),
];
