import { formatDuration, parseDurationMs } from '../../api/common/duration.ts';
import type { GpuPodSpec } from '../../api/gpupod/spec.ts';
import type { InstanceState } from '../local-state.ts';
import type { Observation } from '../observation.ts';

const MS_PER_MINUTE = 60_000;
/** Instances are usually ready within this time. It is also the default of `spec.provisioningTimeout`. */
const USUAL_MS = 20 * MS_PER_MINUTE;
/** How far the estimate of an offer may extend the limit of the spec. */
const MAX_STRETCH = 3;

/** How long an instance may take to become ready, in milliseconds. */
export interface ProvisioningTime {
  /** The limit in the spec. */
  readonly boundMs: number;
  /** The estimate of the offer; 0 where it states no plausible one. */
  readonly estimateMs: number;
  /** The limit that applies: twice the estimate if that is longer than the bound, but at most three times the bound. */
  readonly timeoutMs: number;
}

export function provisioningTime(
  { provisioningTimeout }: Pick<GpuPodSpec, 'provisioningTimeout'>,
  estimateMinutes: number | undefined,
): ProvisioningTime {
  const boundMs = parseDurationMs(provisioningTimeout) ?? USUAL_MS;
  const saidMs = (estimateMinutes ?? 0) * MS_PER_MINUTE;
  const estimateMs = Number.isFinite(saidMs) ? Math.max(0, saidMs) : 0;
  const timeoutMs = Math.max(boundMs, Math.min(2 * estimateMs, MAX_STRETCH * boundMs));
  return { boundMs, estimateMs, timeoutMs };
}

/** The limits of the rented instance, by the estimate in its create intent. */
export function provisioningTimeOf({
  gpuPod,
  intent,
}: Pick<Observation, 'gpuPod' | 'intent'>): ProvisioningTime {
  const minutes = intent.kind === 'read' ? intent.intent.offer.provisioningMinutes : undefined;
  return provisioningTime(gpuPod.spec, minutes);
}

/** Monotonic time at which the time to become ready is over. */
export function timesOutAtMs(
  observation: Pick<Observation, 'gpuPod' | 'intent'>,
  { sinceMs }: Pick<InstanceState, 'sinceMs'>,
): number {
  return sinceMs + provisioningTimeOf(observation).timeoutMs;
}

/** Whether the spec allows less time than an instance usually takes. Then a timeout says nothing about the offer. */
export function isImpatient(observation: Pick<Observation, 'gpuPod' | 'intent'>): boolean {
  const { estimateMs, timeoutMs } = provisioningTimeOf(observation);
  return timeoutMs < Math.max(USUAL_MS, 2 * estimateMs);
}

/** A note for a person where the offer's own estimate exceeds the limit of the spec; empty otherwise. */
export function estimateNote(time: ProvisioningTime): string {
  const { boundMs, estimateMs, timeoutMs } = time;
  return estimateMs <= boundMs
    ? ''
    : `; its own estimate of ${roughly(estimateMs)} is above provisioningTimeout ${formatDuration(boundMs)}, so it gets ${formatDuration(timeoutMs)}`;
}

/** The provider may state any number, and above a day nobody needs the exact value. */
function roughly(ms: number): string {
  const dayMs = 24 * 60 * MS_PER_MINUTE;
  return ms > dayMs ? 'more than a day' : formatDuration(ms);
}
