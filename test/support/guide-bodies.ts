import type { OfferInput } from '../../src/simulator/world/offer.ts';

/** The offer of the provider's provisioning guide. */
const GUIDE_OFFER: OfferInput = {
  cloudId: 'n3-H100x1',
  gpuType: 'H100_80GB',
  socket: 'PCIe',
  provider: 'hyperstack',
  region: 'canada',
  dataCenter: 'CANADA-1',
  country: 'CA',
  gpuCount: 1,
  gpuMemory: 80,
  disk: { defaultCount: 100 },
  vcpu: { defaultCount: 180 },
  memory: { defaultCount: 180 },
  stockStatus: 'Available',
  security: 'secure_cloud',
  prices: { onDemand: 1.9 },
  images: ['ubuntu_22_cuda_12', 'cuda_12_1_pytorch_2_2', 'cuda_11_8_pytorch_2_1'],
};

/** The same with the configurable resources of the guide, at the price from which it computes its totals. */
const ADJUSTABLE_OFFER: OfferInput = {
  ...GUIDE_OFFER,
  prices: { onDemand: 2.69 },
  disk: {
    minCount: 50,
    defaultCount: 100,
    maxCount: 1000,
    pricePerUnit: 0.0003,
    step: 10,
    defaultIncludedInPrice: false,
  },
  vcpu: {
    minCount: 4,
    defaultCount: 16,
    maxCount: 32,
    pricePerUnit: 0.004,
    step: 2,
    defaultIncludedInPrice: true,
  },
};

const POD = {
  cloudId: 'n3-H100x1',
  gpuType: 'H100_80GB',
  socket: 'PCIe',
  gpuCount: 1,
  image: 'ubuntu_22_cuda_12',
  dataCenterId: 'CANADA-1',
  country: 'CA',
  security: 'secure_cloud',
};
const PROVIDER = { type: 'hyperstack' };

/** One request of the guide, and the example that produces it. */
export interface GuideCase {
  readonly section: string;
  /** A file in examples/. */
  readonly example: string;
  readonly market: OfferInput;
  /** The JSON of the guide without the name. It has maxPrice only where the guide has it. */
  readonly body: { readonly pod: object; readonly provider: object; readonly team?: object };
  readonly pricePerHour: number;
}

export const GUIDE_CASES: readonly GuideCase[] = [
  {
    section: 'Sending the create request',
    example: 'fixed-resources.yaml',
    market: GUIDE_OFFER,
    body: { pod: POD, provider: PROVIDER },
    pricePerHour: 1.9,
  },
  {
    section: 'Increase disk size',
    example: 'disk-size.yaml',
    market: ADJUSTABLE_OFFER,
    body: { pod: { ...POD, diskSize: 200 }, provider: PROVIDER },
    pricePerHour: 2.75,
  },
  {
    section: 'Adjusted disk and vcpu',
    example: 'disk-and-vcpus.yaml',
    market: ADJUSTABLE_OFFER,
    body: { pod: { ...POD, diskSize: 200, vcpus: 20 }, provider: PROVIDER },
    pricePerHour: 2.83,
  },
  {
    section: 'Dynamic pricing',
    example: 'variable-price.yaml',
    market: GUIDE_OFFER,
    body: { pod: { ...POD, maxPrice: 2.7 }, provider: PROVIDER },
    pricePerHour: 1.9,
  },
  {
    section: 'Using custom templates',
    example: 'custom-template.yaml',
    market: GUIDE_OFFER,
    body: {
      pod: { ...POD, image: 'custom_template', customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' },
      provider: PROVIDER,
    },
    pricePerHour: 1.9,
  },
  {
    section: 'team',
    example: 'team.yaml',
    market: GUIDE_OFFER,
    body: { pod: POD, provider: PROVIDER, team: { teamId: 'my_team_id' } },
    pricePerHour: 1.9,
  },
];
