import { systemClock } from '../../src/clock.ts';
import type { InstanceRequest } from '../../src/lifecycle/instance-request.ts';
import { literalApiKey } from '../../src/prime/api-key.ts';
import { createPrimeProvider } from '../../src/prime/prime-provider.ts';
import type { PrimeProvider, PrimeProviderOptions } from '../../src/prime/prime-provider.ts';

/** The provider client must never reveal this text. */
export const CANARY_KEY = 'pit_canary_0123456789abcdef';

export const POD_NAME = 'gp-abc123-0123456789-1-team-a-train-1';

/** Short enough for tests that wait for one, and long enough for a busy host. */
const TEST_TIMEOUTS = { readMs: 5000, deleteMs: 5000, createMs: 5000, connectMs: 5000 };

export function aProvider(
  baseUrl: string,
  options: Partial<Omit<PrimeProviderOptions, 'baseUrl'>> = {},
): PrimeProvider {
  return createPrimeProvider({
    baseUrl,
    apiKey: literalApiKey(CANARY_KEY),
    clock: systemClock,
    ...options,
    timeouts: { ...TEST_TIMEOUTS, ...options.timeouts },
  });
}

/** Runs `use` with a provider, and closes its connections. */
export async function withProvider<T>(
  baseUrl: string,
  use: (provider: PrimeProvider) => Promise<T>,
  options: Partial<Omit<PrimeProviderOptions, 'baseUrl'>> = {},
): Promise<T> {
  const provider = aProvider(baseUrl, options);
  try {
    return await use(provider);
  } finally {
    provider.close();
  }
}

export function aCreateRequest(changes: Partial<InstanceRequest> = {}): InstanceRequest {
  return {
    name: POD_NAME,
    offer: {
      cloudId: 'n3-H100x1',
      gpuType: 'H100_80GB',
      socket: 'PCIe',
      gpuCount: 1,
      security: 'secure_cloud',
      provider: 'hyperstack',
    },
    sizes: {},
    cap: 2_700_000,
    image: 'ubuntu_22_cuda_12',
    ...changes,
  };
}

/** An instance in the API's format. */
export function aPodRow(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: 'e980488c4af84f3fa1d9d1c0a1b2c3d4',
    userId: 'u1',
    teamId: null,
    walletId: 'w1',
    name: POD_NAME,
    type: 'HOSTED',
    providerType: 'hyperstack',
    status: 'PROVISIONING',
    installationStatus: 'PENDING',
    installationFailure: null,
    installationProgress: null,
    createdAt: '2026-11-23T10:00:00Z',
    updatedAt: '2026-11-23T10:00:00Z',
    terminatedAt: null,
    gpuName: 'H100_80GB',
    gpuCount: 1,
    socket: 'PCIe',
    priceHr: 1.9,
    primePortMapping: [],
    sshConnection: null,
    ip: null,
    ...changes,
  };
}

/** A row of the availability answer: a fixture of the official client, 2026. */
export function anOfferRow(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    cloudId: 'NVIDIA A100-SXM4-80GB',
    gpuType: 'A100_80GB',
    socket: 'SXM4',
    provider: 'runpod',
    region: 'united_states',
    dataCenter: 'US-KS-2',
    country: 'US',
    gpuCount: 1,
    gpuMemory: 80,
    disk: {
      minCount: 120,
      defaultCount: 120,
      maxCount: 3000,
      pricePerUnit: 0.00014,
      step: 1,
      defaultIncludedInPrice: false,
      additionalInfo: 'Runpod uses 40GB of disk size for the filesystem.',
    },
    sharedDisk: null,
    vcpu: { minCount: null, defaultCount: 16, maxCount: null, pricePerUnit: null, step: null },
    memory: { minCount: null, defaultCount: 251, maxCount: null, pricePerUnit: null, step: null },
    internetSpeed: null,
    interconnect: null,
    interconnectType: null,
    provisioningTime: null,
    stockStatus: 'Low',
    security: 'secure_cloud',
    prices: { onDemand: 1.7568, communityPrice: null, isVariable: null, currency: 'USD' },
    images: ['ubuntu_22_cuda_12', 'cuda_12_6_pytorch_2_7', 'custom_template', 'prime_rl'],
    isSpot: null,
    prepaidTime: null,
    ...changes,
  };
}

export function podsPage(rows: readonly unknown[], total = rows.length): Record<string, unknown> {
  return { total_count: total, offset: 0, limit: 100, data: rows, status: null };
}
