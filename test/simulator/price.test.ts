import { describe, expect, it } from '@jest/globals';
import { createBench, createBody, field } from './support.ts';

// The totals of the provider's own provisioning guide, as a client sees them: priceHr of the created instance.
const GUIDE_TOTALS = [
  {
    name: 'default sizes, of which the disk costs extra and the vCPUs are included',
    sizes: {},
    total: '2.72',
  },
  { name: 'more disk', sizes: { diskSize: 200 }, total: '2.75' },
  { name: 'more vCPUs, which costs all 20 of them, not 4', sizes: { vcpus: 20 }, total: '2.8' },
  { name: 'fewer vCPUs, which cost more than the default', sizes: { vcpus: 10 }, total: '2.76' },
  { name: 'more of both', sizes: { diskSize: 200, vcpus: 20 }, total: '2.83' },
];

describe('the price of a created instance', () => {
  it.each(GUIDE_TOTALS)('is $total, as the guide says: $name', ({ sizes, total }) => {
    const pod = { dataCenterId: 'US-1', country: 'US', ...sizes };
    const { body } = createBench().ask('POST', '/pods/', { body: createBody({ pod }) });
    expect(field(body, 'priceHr')).toBe(total);
  });

  it('is the base price for the fixed offer of the guide', () => {
    const { body } = createBench().ask('POST', '/pods/', { body: createBody() });
    expect(field(body, 'priceHr')).toBe('1.9');
  });

  it('is based on communityPrice in community rows, and includes no default size', () => {
    const pod = {
      cloudId: '353c7146-7c5b-4a9f-9c4e-0c5a1f6a3f10_1',
      gpuType: 'A100_80GB',
      dataCenterId: null,
      country: 'US',
      security: 'community_cloud',
    };
    const { body } = createBench().ask('POST', '/pods/', {
      body: createBody({ pod, provider: 'tensordock' }),
    });
    // 1.0 + 20 GB × 0.0005 + 2 × 0.005 + 4 GB × 0.002
    expect(field(body, 'priceHr')).toBe('1.028');
  });

  const CAPS = [
    { name: 'at the all-in price', maxPrice: 2.75, settings: {}, status: 200 },
    { name: 'a cent below, though above the base price', maxPrice: 2.74, settings: {}, status: 400 },
    {
      name: 'the same where only the base price counts',
      maxPrice: 2.74,
      settings: { maxPriceComparedWith: 'Base' as const },
      status: 200,
    },
    { name: 'zero means no cap', maxPrice: 0, settings: {}, status: 200 },
    { name: 'null means no cap', maxPrice: null, settings: {}, status: 200 },
  ];

  it.each(CAPS)('leads to $status with maxPrice $name', ({ maxPrice, settings, status }) => {
    const pod = { dataCenterId: 'US-1', country: 'US', diskSize: 200, maxPrice };
    expect(createBench(settings).ask('POST', '/pods/', { body: createBody({ pod }) }).status).toBe(status);
  });

  it('is above that of the offer with createPriceFactor', () => {
    const bench = createBench();
    bench.api.world.offers.change({ cloudId: 'n3-H100x1' }, { market: { createPriceFactor: 2 } });
    const { body } = bench.ask('POST', '/pods/', { body: createBody() });
    expect(field(body, 'priceHr')).toBe('3.8');
  });
});
