import type { Policy } from '../../src/lifecycle/settings.ts';
import { createRandomSource } from '../../src/simulator/world/random.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import type { PriceLimits } from './journal.ts';
import type { OperatorSettings, Plant } from './operator-process.ts';
import { INSTALLATION } from './shared-provider.ts';

/** Options of the operator of a simulation. */
export interface OperatorOptions {
  readonly seed?: number;
  readonly plant?: Plant;
  readonly watchDelayMs?: number;
  readonly settings?: Partial<
    Pick<
      OperatorSettings,
      | 'policy'
      | 'orphanPolicy'
      | 'installationId'
      | 'acceptInstallation'
      | 'clockRate'
      | 'isRateLimited'
      | 'concurrency'
      | 'isServingAccounts'
      | 'mayWatchSecrets'
      | 'isProbing'
      | 'key'
      | 'namespace'
      | 'watchNamespaces'
    >
  >;
}

/** The settings that the operator of a simulation starts with. */
export function simulationSettings({
  seed = 1,
  plant = {},
  watchDelayMs = 20,
  settings,
}: OperatorOptions): OperatorSettings {
  const random = createRandomSource(seed + 2);
  return {
    policy: OPEN_POLICY,
    orphanPolicy: 'Report',
    installationId: INSTALLATION,
    acceptInstallation: settings?.installationId ?? INSTALLATION,
    plant,
    watch: { delayMs: watchDelayMs },
    key: { text: 'test-key', version: 1 },
    clockRate: 1,
    random: () => random.next(),
    latencyMs: { cluster: 4, provider: 45 },
    isRateLimited: false,
    concurrency: 4,
    isServingAccounts: false,
    mayWatchSecrets: true,
    isProbing: false,
    namespace: 'gpupod-system',
    watchNamespaces: [],
    ...settings,
  };
}

/** The price limits of its policy. */
export function priceLimits({ maxPriceCeiling, maxTotalPricePerHour }: Policy): PriceLimits {
  return {
    ...(maxPriceCeiling === undefined ? {} : { ceilingUsdPerHour: maxPriceCeiling / 1e6 }),
    ...(maxTotalPricePerHour === undefined ? {} : { totalUsdPerHour: maxTotalPricePerHour / 1e6 }),
  };
}

interface Place {
  readonly neighbour?: unknown;
  readonly besideInCluster?: unknown;
  readonly settings?: Partial<Pick<OperatorSettings, 'namespace'>>;
}

/** Distinguishes the processes of installations that share a trace. */
export function placeOf({ neighbour, besideInCluster, settings }: Place): string {
  if (besideInCluster !== undefined) return `${settings?.namespace ?? ''}-`;
  return neighbour === undefined ? '' : 'far-';
}
