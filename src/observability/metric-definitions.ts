import { ACCOUNT_METRICS } from './definitions/accounts.ts';
import { GPU_POD_METRICS } from './definitions/gpu-pods.ts';
import { INVENTORY_METRICS } from './definitions/inventory.ts';
import { PROCESS_METRICS } from './definitions/process.ts';
import { PROVIDER_METRICS } from './definitions/provider.ts';

export type { MetricDefinition } from './definitions/definition.ts';

/**
 * Every metric of the operator. The library adds those of the process (`nodejs_`, `process_`). No label
 * holds the name or ID of a GpuPod or an instance, so the number of series stays small.
 */
export const METRICS = {
  ...PROCESS_METRICS,
  ...PROVIDER_METRICS,
  ...ACCOUNT_METRICS,
  ...GPU_POD_METRICS,
  ...INVENTORY_METRICS,
} as const;
