import { formatDuration, parseDurationMs } from '../../api/duration.ts';
import type { GpuPodSpec } from '../../api/spec.ts';
import type { Observation } from '../observation.ts';

const MS_PER_MINUTE = 60_000;
/** Within this time instances are usually ready; also the default of `spec.provisioningTimeout`. */
const USUAL_MS = 20 * MS_PER_MINUTE;
/** How far the estimate of an offer may stretch the bound of the spec. */
const MAX_STRETCH = 3;

/** How long an instance may take to become ready. */
export interface ProvisioningTime {
  /** What the spec allows. */
  readonly boundMs: number;
  /** What the offer itself expects; 0 where it says nothing that can be meant. */
  readonly estimateMs: number;
  /** What it gets: the bound, or twice the estimate where that is longer, but never more than three times the bound. */
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

/** The time of the instance that is rented, by the estimate that its create intent recorded. */
export function provisioningTimeOf({
  gpuPod,
  intent,
}: Pick<Observation, 'gpuPod' | 'intent'>): ProvisioningTime {
  const minutes = intent.kind === 'read' ? intent.intent.offer.provisioningMinutes : undefined;
  return provisioningTime(gpuPod.spec, minutes);
}

/** Whether the spec gives an instance less time than it usually takes: then its end says nothing about the offer. */
export function isImpatient(observation: Pick<Observation, 'gpuPod' | 'intent'>): boolean {
  const { estimateMs, timeoutMs } = provisioningTimeOf(observation);
  return timeoutMs < Math.max(USUAL_MS, 2 * estimateMs);
}

/** What a person should know of an offer whose own estimate is above what the spec allows; else nothing. */
export function estimateNote(time: ProvisioningTime): string {
  const { boundMs, estimateMs, timeoutMs } = time;
  return estimateMs <= boundMs
    ? ''
    : `; its own estimate of ${roughly(estimateMs)} is above provisioningTimeout ${formatDuration(boundMs)}, so it gets ${formatDuration(timeoutMs)}`;
}

/** An estimate is a number of a provider: a day says enough. */
function roughly(ms: number): string {
  const dayMs = 24 * 60 * MS_PER_MINUTE;
  return ms > dayMs ? 'more than a day' : formatDuration(ms);
}
