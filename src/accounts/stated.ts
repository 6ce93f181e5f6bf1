import type { GpuPod } from '../api/gpupod/gpu-pod.ts';
import { readIntent } from '../lifecycle/intent.ts';
import type { Intent } from '../lifecycle/intent.ts';
import { namePrefixOf, parsePodName } from '../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../lifecycle/provider.ts';
import { priceToMicros } from '../offers/money.ts';
import type { MicroUsd } from '../offers/money.ts';

/** What the list of retained instances says about one. */
export interface RetainedEntry {
  readonly podId: string;
  readonly podName: string;
  readonly teamId?: string;
  readonly usdPerHour?: number;
}

/** What a status, a list and a create intent state about prices and names, for the reservations. */

export function saidPrice({ status: { cost } }: GpuPod): MicroUsd {
  return priceToMicros(Math.max(cost?.pricePerHour ?? 0, cost?.billedPerHour ?? 0));
}

export function listedPrice({ priceUsdPerHour }: InstanceSnapshot): MicroUsd | undefined {
  return priceUsdPerHour === undefined ? undefined : priceToMicros(priceUsdPerHour);
}

export function intentOf(gpuPod: GpuPod): Intent | undefined {
  const reading = readIntent(gpuPod);
  return reading.kind === 'read' ? reading.intent : undefined;
}

/** The provider may cut a name at its end, so name prefix and attempt identify it. */
export function attemptKey(podName: string | undefined): string | undefined {
  const parts = parsePodName(podName);
  return parts === undefined ? podName?.toLowerCase() : `${namePrefixOf(parts)}-${String(parts.attempt)}`;
}
